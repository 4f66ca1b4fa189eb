// Evaluates expressions with the library of docker/buildx and records what comes out.
//
// Reads {"group": ["expression", ...], ...} on stdin; writes the same groups with the outcome of each expression.
// Build it inside a checkout of github.com/docker/buildx at the tag of the library, where all modules are at hand.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/docker/buildx/bake/hclparser"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// typed is a value as the text of its type and the text of its JSON; numbers stay exact in text.
type typed struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type outcome struct {
	Expression string `json:"expression"`
	Result     *typed `json:"result,omitempty"`
	Summary    string `json:"summary,omitempty"`
	Detail     string `json:"detail,omitempty"`
}

var context = &hcl.EvalContext{Functions: hclparser.Stdlib(), Variables: map[string]cty.Value{}}

func main() {
	var groups map[string][]string
	if err := json.NewDecoder(os.Stdin).Decode(&groups); err != nil {
		panic(err)
	}
	outcomes := map[string][]outcome{}
	for group, expressions := range groups {
		for _, expression := range expressions {
			outcomes[group] = append(outcomes[group], evaluate(expression))
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(outcomes); err != nil {
		panic(err)
	}
}

func evaluate(text string) outcome {
	found := outcome{Expression: text}
	expression, diagnostics := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.Pos{Line: 1, Column: 1})
	if diagnostics.HasErrors() {
		panic(text + ": " + diagnostics.Error())
	}
	value, diagnostics := expression.Value(context)
	if diagnostics.HasErrors() {
		// The stack of a panic is no part of the message.
		message, _, _ := strings.Cut(strings.TrimSuffix(diagnostics[0].Detail, "."), "\ngoroutine ")
		found.Summary, found.Detail = diagnostics[0].Summary, message+"."
		return found
	}
	found.Result = record(text, value)
	return found
}

func record(text string, value cty.Value) *typed {
	kind, err := ctyjson.MarshalType(value.Type())
	if err != nil {
		panic(text + ": " + err.Error())
	}
	if !value.IsWhollyKnown() {
		return &typed{Type: string(kind), Value: "unknown"}
	}
	if value.Type() == cty.Number && !value.IsNull() && value.AsBigFloat().IsInf() {
		return &typed{Type: string(kind), Value: value.AsBigFloat().Text('f', -1)}
	}
	content, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		panic(text + ": " + err.Error())
	}
	return &typed{Type: string(kind), Value: string(content)}
}
