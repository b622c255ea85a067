// Elements: names, attributes, content around and in them, and their end tags.


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

export const aTagHasAName = {
  async test() {
    equal(
      await elements("<P>a</P>", "p", (element) => {
        equal(element.tagName, "p");
        element.tagName = "div";
        equal(element.tagName, "div");
      }),
      "<div>a</div>",
    );
  },
};

export const namesAreChecked = {
  async test() {
    const named = (name) => () => elements("<p>a</p>", "p", (element) => void (element.tagName = name));
    await rejects(named(""), "TypeError", "Parser error: Tag name can't be empty.");
    await rejects(
      named("a b"),
      "TypeError",
      "Parser error: ` ` character is forbidden in the tag name",
    );
    await rejects(
      named("1a"),
      "TypeError",
      "Parser error: The first character of the tag name should be an ASCII alphabetical character.",
    );
  },
};

export const namespacesAreKnown = {
  async test() {
    const seen = [];
    const html = "<p></p><svg></svg><math></math>";
    await elements(html, "*", ({ tagName, namespaceURI }) => void seen.push([tagName, namespaceURI]));
    equal(seen, [
      ["p", "http://www.w3.org/1999/xhtml"],
      ["svg", "http://www.w3.org/2000/svg"],
      ["math", "http://www.w3.org/1998/Math/MathML"],
    ]);
  },
};

export const attributesCanBeRead = {
  async test() {
    await elements('<p A=1 b="x&amp;y" c>', "p", (element) => {
      equal([...element.attributes], [["a", "1"], ["b", "x&amp;y"], ["c", ""]]);
      equal([element.getAttribute("a"), element.getAttribute("A"), element.getAttribute("z")], ["1", "1", null]);
      equal([element.hasAttribute("C"), element.hasAttribute("z")], [true, false]);
    });
  },
};

export const attributesAreAnIterator = {
  async test() {
    await elements("<p a=1>", "p", ({ attributes }) => {
      equal(attributes.next(), { done: false, value: ["a", "1"] });
      equal(attributes.next(), { done: true });
      equal(attributes[Symbol.iterator]() === attributes, true);
    });
  },
};

export const attributesMustNotChangeMeanwhile = {
  async test() {
    await rejects(
      () =>
        elements("<p a=1 b=2>", "p", (element) => {
          const { attributes } = element;
          attributes.next();
          element.setAttribute("c", "3");
          attributes.next();
        }),
      "Error",
      "The attributes of this element have been modified during iteration. You must create a new iterator after " +
        "modifying attributes.",
    );
  },
};

export const attributesCanBeSet = {
  async test() {
    equal(
      await elements("<p a=1>", "p", (element) => {
        equal(element.setAttribute("a", 'x"y') === element, true);
        element.setAttribute("n", 5).setAttribute("m", "");
      }),
      '<p a="x&quot;y" n="5" m="">',
    );
  },
};

export const attributesCanBeRemoved = {
  async test() {
    equal(
      await elements("<p a=1 b=2>", "p", (element) => {
        equal(element.removeAttribute("a") === element, true);
        element.removeAttribute("z");
      }),
      "<p b=2>",
    );
  },
};

export const namesOfAttributesAreChecked = {
  async test() {
    const set = (name) => () => elements("<p>", "p", (element) => void element.setAttribute(name, "x"));
    await rejects(set(""), "TypeError", "Parser error: Attribute name can't be empty.");
    await rejects(set("a b"), "TypeError", "Parser error: ` ` character is forbidden in the attribute name");
  },
};

export const argumentsOfMethodsMustBeThere = {
  async test() {
    const calling = (call) => () => elements("<p>", "p", (element) => void call(element));
    const text = (method, number) =>
      `Failed to execute '${method}' on 'Element': parameter ${number} is not of type 'string'.`;
    await rejects(calling((element) => element.getAttribute()), "TypeError", text("getAttribute", 1));
    await rejects(calling((element) => element.setAttribute()), "TypeError", text("setAttribute", 1));
    await rejects(calling((element) => element.setAttribute("a")), "TypeError", text("setAttribute", 2));
    await rejects(calling((element) => element.before("a", 1)), "TypeError",
      "Failed to execute 'before' on 'Element': parameter 2 is not of type 'ContentOptions'.");
    await rejects(calling((element) => element.onEndTag()), "TypeError",
      "Failed to execute 'onEndTag' on 'Element': parameter 1 is not of type 'function'.");
  },
};

export const contentIsText = {
  async test() {
    equal(
      await elements("<p>a</p>", "p", (element) =>
        void element.before("<b>").after("<c>").prepend("<d>").append("<e>")),
      "&lt;b&gt;<p>&lt;d&gt;a&lt;e&gt;</p>&lt;c&gt;",
    );
  },
};

export const contentMayBeHtml = {
  async test() {
    const html = { html: true };
    equal(
      await elements("<p>a</p>", "p", (element) =>
        void element.before("<b>", html).after("<c>", html).prepend("<d>", html).append("<e>", html)),
      "<b><p><d>a<e></p><c>",
    );
    equal(await elements("<p></p>", "p", (element) => void element.append("<", { html: 0 })), "<p>&lt;</p>");
    equal(await elements("<p></p>", "p", (element) => void element.append("<", null)), "<p>&lt;</p>");
  },
};

export const contentIsMadeAString = {
  async test() {
    equal(
      await elements("<p></p>", "p", (element) => void element.append(5).append(null).append(undefined).append({})),
      "<p>5nullundefined[object Object]</p>",
    );
    await rejects(
      () => elements("<p></p>", "p", (element) => void element.append(Symbol("s"))),
      "TypeError",
      "Cannot convert a Symbol value to a string",
    );
  },
};

export const theOrderOfInsertions = {
  async test() {
    equal(
      await elements("<p>a</p>", "p", (element) => {
        element.before("1").before("2").after("3").after("4").prepend("5").prepend("6").append("7").append("8");
      }),
      "12<p>65a78</p>43",
    );
  },
};

export const anElementCanBeReplaced = {
  async test() {
    equal(
      await elements("x<p>a<i></i></p>y", "p", (element) => {
        element.replace("<b>");
        equal(element.removed, true);
      }),
      "x&lt;b&gt;y",
    );
  },
};

export const itsContentCanBeReplaced = {
  async test() {
    equal(
      await elements("x<p>a<i></i></p>y", "p", (element) => void element.setInnerContent("<b>", { html: true })),
      "x<p><b></p>y",
    );
  },
};

export const anElementCanBeRemoved = {
  async test() {
    equal(
      await elements("x<p>a</p>y", "p", (element) => {
        equal([element.removed, element.remove() === element, element.removed], [false, true, true]);
      }),
      "xy",
    );
    equal(await elements("x<p>a</p>y", "p", (element) => void element.removeAndKeepContent()), "xay");
  },
};

export const voidElementsHaveNoContent = {
  async test() {
    equal(
      await elements("x<br>y", "br", (element) => void element.append("z").prepend("w").setInnerContent("q")),
      "x<br>y",
    );
    equal(await elements("x<br>y", "br", (element) => void element.remove()), "xy");
  },
};

export const endTagsHaveHandlers = {
  async test() {
    equal(
      await elements("<p>a</p>", "p", (element) => {
        const nothing = element.onEndTag((tag) => {
          equal(tag.name, "p");
          tag.name = "div";
          tag.before("B").after("A");
        });
        equal(nothing, undefined);
      }),
      "<p>aB</div>A",
    );
  },
};

export const theLastHandlerOfAnEndTagCounts = {
  async test() {
    const log = [];
    await elements("<p>a</p>", "p", (element) => {
      element.onEndTag(() => void log.push("one"));
      element.onEndTag(() => void log.push("two"));
    });
    equal(log, ["two"]);
  },
};

export const endTagsCanBeRemoved = {
  async test() {
    equal(await elements("<p>a</p>b", "p", (element) => element.onEndTag((tag) => void tag.remove())), "<p>ab");
  },
};

export const voidElementsHaveNoEndTag = {
  async test() {
    await rejects(
      () => elements("<br>", "br", (element) => element.onEndTag(() => {})),
      "TypeError",
      "Parser error: No end tag.",
    );
  },
};

export const anEndTagThatIsMissingIsNotSeen = {
  async test() {
    const log = [];
    await elements("<p>a", "p", (element) => element.onEndTag(() => void log.push("seen")));
    equal(log, []);
  },
};
