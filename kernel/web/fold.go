package web

import (
	"html/template"
	"strconv"
	"text/template/parse"

	"khien/kernel/i18n"
)

// fold puts the texts themselves where templates of a language ask for them by a
// key that stands in the template: {{t "field.name"}} becomes {{"Họ và tên"}}, to
// be escaped where it stands as before. A list says the same few for every row, and
// a call through reflection costs more than all else of a cell. What is missing
// stays a call, which counts it.
func fold(c *i18n.Catalog, l i18n.Lang, t *template.Template) {
	f := folder{c, l}
	for _, one := range t.Templates() {
		if one.Tree != nil && one.Tree.Root != nil {
			f.list(one.Tree.Root)
		}
	}
}

type folder struct {
	catalog *i18n.Catalog
	lang    i18n.Lang
}

func (f folder) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			f.pipe(n.Pipe)
		case *parse.TemplateNode:
			f.pipe(n.Pipe)
		case *parse.IfNode:
			f.branch(&n.BranchNode)
		case *parse.RangeNode:
			f.branch(&n.BranchNode)
		case *parse.WithNode:
			f.branch(&n.BranchNode)
		}
	}
}

func (f folder) branch(b *parse.BranchNode) {
	f.pipe(b.Pipe)
	f.list(b.List)
	f.list(b.ElseList)
}

func (f folder) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for i, c := range p.Cmds {
		for k, arg := range c.Args {
			inner, ok := arg.(*parse.PipeNode)
			if !ok {
				continue
			}
			if f.pipe(inner); len(inner.Cmds) == 1 && len(inner.Decl) == 0 && len(inner.Cmds[0].Args) == 1 {
				if s, ok := inner.Cmds[0].Args[0].(*parse.StringNode); ok {
					c.Args[k] = s
				}
			}
		}
		if i == 0 {
			f.command(c)
		}
	}
}

// command replaces t "key" by the text; behind a pipe there would be an argument more.
func (f folder) command(c *parse.CommandNode) {
	if len(c.Args) != 2 {
		return
	}
	name, isName := c.Args[0].(*parse.IdentifierNode)
	key, isText := c.Args[1].(*parse.StringNode)
	if !isName || !isText || name.Ident != "t" {
		return
	}
	if text, ok := f.catalog.Text(f.lang, key.Text); ok {
		c.Args = []parse.Node{&parse.StringNode{NodeType: parse.NodeString, Pos: key.Pos, Quoted: strconv.Quote(text), Text: text}}
	}
}
