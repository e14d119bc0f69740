"""Templates with data for the comparison with Handlebars.js: the documented features of SES, and the built-in helpers."""

from typing import Any

PEOPLE = {"people": [{"name": "Ann", "tags": ["a", "b"]}, {"name": "Bo", "tags": []}, {"name": "Cy"}]}
DEEP = {"a": {"b": {"c": "deep", "list": [{"d": 1}, {"d": 2}]}}, "z": "top"}
MENU = {"items": [{"n": "tea", "price": 2, "sold": False}, {"n": "cake", "price": 3.5, "sold": True}]}
TREE = {"n": 1, "kids": [{"n": 2, "kids": [{"n": 3, "kids": []}]}, {"n": 4, "kids": []}]}

Case = tuple[str, dict[str, Any]]

SUBSTITUTION: list[Case] = [
    ("plain text without anything", {}),
    ("", {}),
    ("Hi {{name}}!", {"name": "Ann"}),
    ("{{name}}{{name}}", {"name": "x"}),
    ("{{{name}}} {{&name}}", {"name": "<b>&\"'</b>"}),
    ("{{name}}", {"name": "<b>&\"'`=</b>"}),
    ("{{n}} {{f}} {{big}}", {"n": 0, "f": 1.5, "big": 1e21}),
    ("{{yes}} {{no}}", {"yes": True, "no": False}),
    ("[{{empty}}]", {"empty": ""}),
    ("{{list}} {{object}}", {"list": [1, [2, 3]], "object": {"a": 1}}),
    ("{{ spaced  }} {{[with space]}} {{a-b}}", {"spaced": 1, "with space": 2, "a-b": 3}),
    ("Zoë {{ü}} 日本 {{emoji}}", {"ü": "ñ", "emoji": "😀"}),
    ("{{! comment }}a{{!-- longer {{x}} --}}b", {}),
    ("\\{{escaped}} \\\\{{x}}", {"x": "1"}),
    ("line\r\n{{x}}\r\n\ttab", {"x": "1\n2"}),
    ("{{this.x}} {{./x}}", {"x": "1"}),
    ('{{"x"}} {{[0]}}', {"x": "quoted", "0": "zero"}),
    ("{{constructor}} {{toString}}", {"constructor": "own", "toString": "mine"}),
]
PATHS: list[Case] = [
    ("{{a.b.c}}", DEEP),
    ("{{a/b/c}}", DEEP),
    ("{{a.b.list.0.d}} {{a.b.list.[1].d}}", DEEP),
    ("{{a.b.list.length}}", DEEP),
    ("{{#with a}}{{b.c}} {{../z}}{{/with}}", DEEP),
    ("{{#with a.b}}{{c}} {{@root.z}}{{/with}}", DEEP),
    ("{{#with missing}}x{{else}}nothing{{/with}}", DEEP),
    ("{{#with a.b as |inner|}}{{inner.c}}{{/with}}", DEEP),
    ("{{#a}}{{#b}}{{c}}{{/b}}{{/a}}", DEEP),
    ("{{#missing}}x{{/missing}}{{^missing}}inverse{{/missing}}", DEEP),
    ("{{lookup a.b 'c'}} {{lookup a.b.list 0}}", DEEP),
    ("[{{lookup a 'missing'}}]", DEEP),
    ("{{#with (lookup a.b.list 1)}}{{d}}{{/with}}", DEEP),
]
EACH: list[Case] = [
    ("{{#each people}}{{name}} {{/each}}", PEOPLE),
    ("{{#each people}}{{@index}}/{{@key}}/{{@first}}/{{@last}} {{/each}}", PEOPLE),
    ("{{#each list}}{{this}},{{/each}}", {"list": ["a", 1, True]}),
    ("{{#each list}}{{.}}{{#unless @last}}, {{/unless}}{{/each}}", {"list": [1, 2, 3]}),
    ("{{#each people}}{{#each tags}}{{this}}{{../name}} {{/each}}{{/each}}", PEOPLE),
    ("{{#each people}}{{#each tags}}{{@../index}}.{{@index}} {{/each}}{{/each}}", PEOPLE),
    ("{{#each people}}{{#each tags}}{{.}}{{else}}none{{/each}};{{/each}}", PEOPLE),
    ("{{#each missing}}x{{else}}empty{{/each}}", PEOPLE),
    ("{{#each map}}{{@key}}={{this}} {{/each}}", {"map": {"x": 1, "y": 2}}),
    ("{{#each people as |person place|}}{{place}}:{{person.name}} {{/each}}", PEOPLE),
    ("{{#people}}{{name}}{{/people}}", PEOPLE),
    ("{{#each people}}{{@root.people.length}}{{/each}}", PEOPLE),
    ("{{#each list}}{{#each this}}{{this}}{{/each}}|{{/each}}", {"list": [[1, 2], [3]]}),
    ("{{#each items}}<tr><td>{{n}}</td><td>{{price}}</td></tr>\n{{/each}}", MENU),
]
CONDITIONS: list[Case] = [
    ("{{#if yes}}a{{/if}}{{#if no}}b{{/if}}", {"yes": True, "no": False}),
    ("{{#if missing}}a{{else}}b{{/if}}", {}),
    ("{{#if a.missing.deeper}}a{{else}}b{{/if}}", {"a": {}}),
    ("{{#if zero}}a{{else}}b{{/if}}{{#if zero includeZero=true}}c{{/if}}", {"zero": 0}),
    ("{{#if empty}}a{{else}}b{{/if}}{{#if list}}c{{else}}d{{/if}}", {"empty": "", "list": []}),
    ("{{#if a}}1{{else if b}}2{{else}}3{{/if}}", {"b": True}),
    ("{{#if a}}1{{else if b}}2{{else if c}}3{{else}}4{{/if}}", {"c": "x"}),
    ("{{#unless a}}1{{else}}2{{/unless}}{{#unless b}}3{{/unless}}", {"a": "x"}),
    ("{{#if name}}Dear {{name}}{{else}}Hello{{/if}}, welcome", {"name": None}),
    ("{{#each items}}{{#if sold}}sold out{{else}}{{n}}: {{price}}{{/if}};{{/each}}", MENU),
    ("{{#if a}}{{#if b}}both{{else}}one{{/if}}{{else}}none{{/if}}", {"a": 1}),
    ("{{#if (lookup flags 'on')}}on{{/if}}", {"flags": {"on": True}}),
]
PARTIALS: list[Case] = [
    ('{{#* inline "p"}}Hi {{name}}{{/inline}}\n{{> p}}', {"name": "Ann"}),
    ('{{#*inline "p"}}\n  <b>{{x}}</b>\n{{/inline}}\n<i>\n  {{> p}}\n</i>', {"x": 1}),
    ('{{#*inline "p"}}[{{n}}]{{/inline}}\n{{#each items}}{{> p}}{{/each}}', MENU),
    ('{{#*inline "p"}}[{{d}}]{{/inline}}\n{{> p a.b.list.[0]}}', DEEP),
    ('{{#*inline "p"}}[{{x}}{{y}}]{{/inline}}\n{{> p y="given"}}', {"x": "own"}),
    ('{{#*inline "a"}}a{{> b}}{{/inline}}{{#*inline "b"}}b{{x}}{{/inline}}\n{{> a}}', {"x": 1}),
    ('{{#*inline "p"}}first{{/inline}}{{#*inline "p"}}second{{/inline}}\n{{> p}}', {}),
    ('{{#*inline "p"}}P{{/inline}}\n{{> (lookup . "which")}}', {"which": "p"}),
    ('{{#*inline "p"}}<{{> @partial-block}}>{{/inline}}\n{{#> p}}{{x}}{{/p}}', {"x": "in"}),
    ("{{#> missing}}fallback {{x}}{{/missing}}", {"x": 1}),
    ('{{#if a}}{{#*inline "p"}}x{{/inline}}{{> p}}{{/if}}', {"a": True}),
    ('{{#*inline "t"}}{{n}}{{#each kids}}({{> t}}){{/each}}{{/inline}}\n{{> t}}', TREE),
]
WHITESPACE: list[Case] = [
    ("a   {{~x~}}   b", {"x": 1}),
    ("a {{~#if x~}}  y  {{~/if~}} b", {"x": 1}),
    ("{{#each l~}}\n  {{.}}\n{{~/each}}", {"l": [1, 2]}),
    ("<ul>\n  {{#each l}}\n  <li>{{.}}</li>\n  {{/each}}\n</ul>", {"l": [1, 2]}),
    ("a\n{{! alone on its line }}\nb", {}),
    ("a {{~! eats ~}} b", {}),
    ("  {{#if x}}\n  yes\n  {{else}}\n  no\n  {{/if}}\nend", {"x": 0}),
    ("{{~#unless x}} a {{~else~}} b {{/unless~}} c", {"x": 1}),
    ("{{{{raw}}}} {{x}} {{{{/raw}}}}", {"raw": True, "x": 1}),
]
FEATURES = {
    "substitution": SUBSTITUTION,
    "nested paths": PATHS,
    "each": EACH,
    "conditions": CONDITIONS,
    "inline partials": PARTIALS,
    "whitespace control": WHITESPACE,
}
