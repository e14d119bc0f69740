/* SES's reading of Handlebars, on top of the library as it is published: values are not escaped, and a variable that
 * the data does not have (or has as null) fails the rendering. Conditions and arguments may be missing, as in Handlebars. */
"use strict";

/** A variable that the data lacks. */
class Missing extends Error {}

const PLACEHOLDERS = new Set(["ses:openTracker", "amazonSESUnsubscribeUrl"]);
const MOST_TEMPLATES = 200;

/** Called by compiled templates for each variable they print. */
globalThis.required = (value, name) => {
  if (value === undefined || value === null) throw new Missing(name);
  return typeof value === "string" ? value : "" + value;
};

/** A member of the data itself: nothing is inherited. */
globalThis.own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

/** What a helper made, as text: two numbers side by side must not be added up. */
globalThis.textOf = (value) => (value === undefined || value === null ? "" : "" + value);

/* The lexer tries some forty anchored expressions at each token. This engine looks for an expression all through the
 * input unless it is sticky, which makes reading a template of 50 KB take 13 s instead of 0.1 s. */
function anchorLexer(lexer) {
  lexer.rules = lexer.rules.map((rule) => {
    const sticky = new RegExp(rule.source, "y");
    sticky.exec = (input) => {
      sticky.lastIndex = 0;
      return RegExp.prototype.exec.call(sticky, input);
    };
    return sticky;
  });
}

function strictHandlebars() {
  const environment = Handlebars.create();
  const { Compiler, JavaScriptCompiler } = environment;

  function StrictCompiler() {
    Compiler.call(this);
  }
  StrictCompiler.prototype = Object.create(Compiler.prototype, {
    compiler: { value: StrictCompiler },
    MustacheStatement: {
      value(mustache) {
        const path = mustache.path;
        if (path.type === "PathExpression" && PLACEHOLDERS.has(path.original)) {
          this.opcode("appendContent", `{{${path.original}}}`);
          return;
        }
        if (path.type === "PathExpression" && this.classifySexpr(mustache) === "simple") {
          this.accept(path);
          this.opcode("requireValue", path.original);
        } else {
          this.SubExpression(mustache);
          this.opcode("helperText");
        }
        this.opcode("append");
      },
    },
  });

  function StrictJavaScriptCompiler() {
    JavaScriptCompiler.call(this);
  }
  StrictJavaScriptCompiler.prototype = Object.create(JavaScriptCompiler.prototype, {
    compiler: { value: StrictJavaScriptCompiler },
    requireValue: {
      value(name) {
        this.push(["required(", this.popStack(), ", ", this.quotedString(name), ")"]);
      },
    },
    nameLookup: {
      value(parent, name, type) {
        if (type !== "context") return JavaScriptCompiler.prototype.nameLookup.call(this, parent, name, type);
        return ["own(", parent, ",", this.quotedString(name), ")"];
      },
    },
    helperText: {
      value() {
        this.push(["textOf(", this.popStack(), ")"]);
      },
    },
  });

  environment.Compiler = StrictCompiler;
  environment.JavaScriptCompiler = StrictJavaScriptCompiler;
  return environment;
}

anchorLexer(Handlebars.Parser.lexer);
const strict = strictHandlebars();
const OPTIONS = { noEscape: true, knownHelpersOnly: true };
/* What Handlebars hands to a partial. Given so to the template itself, it need not wrap every helper at each rendering;
 * of the built-in ones only lookup wants what the wrapping brings. */
const RUNTIME = {
  partial: true,
  helpers: { ...strict.helpers, lookup: (object, name) => (object ? own(object, name) : object) },
  partials: {},
  decorators: strict.decorators,
  hooks: strict.helpers,
};
const compiled = new Map();

/** Names of the partials a part defines, and of those it uses without anything to fall back on. */
class Partials extends Handlebars.Visitor {
  constructor() {
    super();
    this.defined = new Set(["@partial-block"]);
    this.used = new Set();
  }
  DecoratorBlock(block) {
    if (block.path.original === "inline" && block.params.length) this.defined.add(block.params[0].original);
    super.DecoratorBlock(block);
  }
  PartialStatement(partial) {
    if (partial.name.type === "PathExpression") this.used.add(partial.name.original);
    super.PartialStatement(partial);
  }
}

/** Reads one part; throws for what can't ever be rendered. */
function check(source) {
  const tree = strict.parse(source);
  const partials = new Partials();
  partials.accept(tree);
  for (const name of partials.used) {
    if (!partials.defined.has(name)) throw new Handlebars.Exception(`The partial ${name} could not be found`);
  }
  strict.precompile(tree, OPTIONS);
}

/** What became of the work, as JSON: ["ok", value], ["missing", name] or ["failed", text]. */
function outcome(work) {
  try {
    return JSON.stringify(["ok", work()]);
  } catch (error) {
    if (error instanceof Missing) return JSON.stringify(["missing", error.message]);
    // The engine's own limits are not the template's business alone: the caller drops this context.
    if (error instanceof RangeError || error instanceof InternalError) throw error;
    return JSON.stringify(["failed", String(error && error.message)]);
  }
}

globalThis.checkTemplate = (parts) =>
  outcome(() => {
    for (const source of JSON.parse(parts)) if (source !== null) check(source);
    return [];
  });

globalThis.knowsTemplate = (key) => compiled.has(key);

function compile(source) {
  return strict.template(new Function(`return ${strict.precompile(source, OPTIONS)}`)());
}

globalThis.addTemplate = (key, parts) =>
  outcome(() => {
    if (compiled.size >= MOST_TEMPLATES) compiled.delete(compiled.keys().next().value);
    compiled.set(key, JSON.parse(parts).map((source) => (source === null ? null : compile(source))));
    return [];
  });

globalThis.render = (key, data) =>
  outcome(() => {
    const values = JSON.parse(data);
    const options = { ...RUNTIME, data: { root: values } };
    return compiled.get(key).map((part) => (part === null ? null : part(values, options).toWellFormed()));
  });
