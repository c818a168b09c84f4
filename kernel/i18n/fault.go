package i18n

import (
	"strings"

	"khien/kernel/fault"
)

// Fault says a refusal in language l: the text "fault.<Key>" filled with the
// fault's own arguments and with {row}, {field} and {value}; without such a text
// the one of its kind, "fault.kind.<kind>". A row that the text does not name is
// put before it. The field is called by its label, "field.<name>", where there
// is one.
func (c *Catalog) Fault(l Lang, e *fault.Error) string {
	if e == nil {
		return ""
	}
	key := "fault." + e.Key
	text, spoken, ok := c.find(l, key)
	if !ok {
		c.miss(key)
		text = c.T(l, "fault.kind."+string(e.Kind))
	}
	args := map[string]any{"row": e.Row, "field": c.Field(l, e.Field), "value": e.Value}
	for name, v := range e.Args {
		args[name] = v
	}
	said := fill(spoken, text, args)
	if e.Row > 0 && !strings.Contains(text, "{row}") {
		return c.T(l, "fault.in_row", "row", e.Row, "sentence", said)
	}
	return said
}

// Field returns the label of a form field or column, "field.<name>", or name
// itself where it has none.
func (c *Catalog) Field(l Lang, name string) string {
	if label, ok := c.Text(l, "field."+name); ok {
		return label
	}
	return name
}
