// The module "node:trace_events": objects that can be switched on and record nothing.
(function () {
const { core } = __bootstrap;
const { ERR_TRACE_EVENTS_CATEGORY_REQUIRED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateObject, validateStringArray } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

class Tracing {
  #categories;
  #enabled = false;

  constructor(categories) {
    this.#categories = categories;
  }

  enable() {
    this.#enabled = true;
  }

  disable() {
    this.#enabled = false;
  }

  get enabled() {
    return this.#enabled;
  }

  get categories() {
    return this.#categories.join(",");
  }

  [Symbol.for("nodejs.util.inspect.custom")](depth, _options = {}) {
    if (typeof depth === "number" && depth < 0) return this;
    const { format } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
    return `Tracing ${format({ enabled: this.enabled, categories: this.categories })}`;
  }
}

function createTracing(options) {
  validateObject(options, "options");
  validateStringArray(options.categories, "options.categories");
  if (options.categories.length === 0) throw new ERR_TRACE_EVENTS_CATEGORY_REQUIRED();
  return new Tracing(options.categories);
}

function getEnabledCategories() {
  return undefined;
}

const all = { createTracing, getEnabledCategories };

return { ...all, default: all };
})();
