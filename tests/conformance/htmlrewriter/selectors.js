// Selectors, and how handlers are registered.


function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(action, name, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}

async function rejects(action, name, message) {
  let thrown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}

const rewrite = (html, prepare, init) => prepare(new HTMLRewriter()).transform(new Response(html, init)).text();
const elements = (html, selector, element) => rewrite(html, (rewriter) => rewriter.on(selector, { element }));

/** The ids of the elements that a selector finds. */
async function found(selector, html) {
  const ids = [];
  await elements(html, selector, (element) => void ids.push(element.getAttribute("id")));
  return ids.join();
}

const TREE = '<div id=a class="x y"><p id=b title="one two"><i id=c lang=en-GB></i></p><p id=d title=three></p></div>' +
  "<b id=e></b>";

export const typesClassesAndIds = {
  async test() {
    equal(await found("p", TREE), "b,d");
    equal(await found("*", TREE), "a,b,c,d,e");
    equal(await found(".x", TREE), "a");
    equal(await found(".x.y", TREE), "a");
    equal(await found("#d", TREE), "d");
    equal(await found("p#d", TREE), "d");
    equal(await found("P", TREE), "b,d");
  },
};

export const attributes = {
  async test() {
    equal(await found("[title]", TREE), "b,d");
    equal(await found("[title=three]", TREE), "d");
    equal(await found('[title="THREE" i]', TREE), "d");
    equal(await found("[title~=two]", TREE), "b");
    equal(await found("[title^=th]", TREE), "d");
    equal(await found("[title$=ee]", TREE), "d");
    equal(await found("[title*=re]", TREE), "d");
    equal(await found("[lang|=en]", TREE), "c");
  },
};

export const combinators = {
  async test() {
    equal(await found("div i", TREE), "c");
    equal(await found("div > i", TREE), "");
    equal(await found("p > i", TREE), "c");
  },
};

export const listsAndNegations = {
  async test() {
    equal(await found("i, b", TREE), "c,e");
    equal(await found("p:not([title=three])", TREE), "b");
  },
};

export const positions = {
  async test() {
    equal(await found("p:first-child", TREE), "b");
    equal(await found("p:nth-child(2)", TREE), "d");
    equal(await found("p:nth-child(2n)", TREE), "d");
    equal(await found("p:first-of-type", TREE), "b");
    equal(await found("p:nth-of-type(2)", TREE), "d");
  },
};

export const mistakesAreTypeErrors = {
  test() {
    const mistakes = {
      "": "The selector is empty.",
      "a >": "Dangling combinator in selector.",
      "a[": "Unexpected end of selector.",
      "a:hover": "Unsupported pseudo-class or pseudo-element in selector.",
      "a::before": "Unsupported pseudo-class or pseudo-element in selector.",
      "a:last-child": "Unsupported pseudo-class or pseudo-element in selector.",
      "a + b": "Unsupported combinator `+` in selector.",
      "a ~ b": "Unsupported combinator `~` in selector.",
    };
    for (const selector in mistakes) {
      throws(() => new HTMLRewriter().on(selector, {}), "TypeError", `Parser error: ${mistakes[selector]}`);
    }
  },
};

export const callsCanBeChained = {
  test() {
    const rewriter = new HTMLRewriter();
    equal(rewriter.on("a", {}).onDocument({}).on("b", {}) === rewriter, true);
  },
};

export const argumentsMustBeThere = {
  test() {
    const rewriter = new HTMLRewriter();
    const prefix = "Failed to execute";
    throws(() => rewriter.on(), "TypeError", `${prefix} 'on' on 'HTMLRewriter': parameter 1 is not of type 'string'.`);
    throws(
      () => rewriter.on("a"),
      "TypeError",
      `${prefix} 'on' on 'HTMLRewriter': parameter 2 is not of type 'ElementContentHandlers'.`,
    );
    throws(
      () => rewriter.onDocument(1),
      "TypeError",
      `${prefix} 'onDocument' on 'HTMLRewriter': parameter 1 is not of type 'DocumentContentHandlers'.`,
    );
    throws(
      () => rewriter.transform("text"),
      "TypeError",
      `${prefix} 'transform' on 'HTMLRewriter': parameter 1 is not of type 'Response'.`,
    );
  },
};

export const handlersAreFunctions = {
  test() {
    for (const [name, value] of [["element", 1], ["comments", "x"], ["text", null]]) {
      throws(
        () => new HTMLRewriter().on("a", { [name]: value }),
        "TypeError",
        `Incorrect type for the '${name}' field on 'ElementContentHandlers': the provided value is not of type ` +
          "'function'.",
      );
    }
    throws(
      () => new HTMLRewriter().onDocument({ end: 1 }),
      "TypeError",
      "Incorrect type for the 'end' field on 'DocumentContentHandlers': the provided value is not of type 'function'.",
    );
    new HTMLRewriter().on("a", { element: undefined, other: 1 });
    new HTMLRewriter().on("a", null);
  },
};

export const handlersAreCheckedFirst = {
  test() {
    throws(
      () => new HTMLRewriter().on("a[", { element: 1 }),
      "TypeError",
      "Incorrect type for the 'element' field on 'ElementContentHandlers': the provided value is not of type " +
        "'function'.",
    );
  },
};

export const handlersRunInTheirOrder = {
  async test() {
    const log = [];
    await rewrite("<p></p>", (rewriter) =>
      rewriter
        .on("p", { element: () => void log.push(1) })
        .on("*", { element: () => void log.push(2) })
        .on("p", { element: () => void log.push(3) }));
    equal(log, [1, 2, 3]);
  },
};

export const theHandlersAreTheirThis = {
  async test() {
    class Handlers {
      mark = "m";
      element(element) {
        element.append(this.mark);
      }
    }
    equal(await rewrite("<p></p>", (rewriter) => rewriter.on("p", new Handlers())), "<p>m</p>");
  },
};

export const aRewriterCanBeUsedAgain = {
  async test() {
    const rewriter = new HTMLRewriter().on("p", { element: (element) => void element.append("!") });
    equal(await rewriter.transform(new Response("<p>a</p>")).text(), "<p>a!</p>");
    equal(await rewriter.transform(new Response("<p>b</p>")).text(), "<p>b!</p>");
  },
};

export const itCanBeExtended = {
  async test() {
    class Mine extends HTMLRewriter {}
    const response = new Mine().on("p", { element: (element) => void element.remove() });
    equal(await response.transform(new Response("<p>a</p>b")).text(), "b");
  },
};
