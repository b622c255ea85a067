// Comments, texts, doctypes and the end of the document.


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

const STALE = "This content token is no longer valid. Content tokens are only valid during the execution of the " +
  "relevant content handler.";

export const commentsHaveText = {
  async test() {
    const log = [];
    const html = await rewrite("<!-- a --><p><!--b--></p>", (rewriter) =>
      rewriter.onDocument({ comments: (comment) => void log.push(comment.text) }).on("p", {
        comments(comment) {
          comment.text = "Z";
          equal([comment.text, comment.removed], ["Z", false]);
          comment.before("<").after(">");
        },
      }));
    equal([html, log[0]], ["<!-- a --><p>&lt;<!--Z-->&gt;</p>", " a "]);
  },
};

export const commentsCannotEndThemselves = {
  async test() {
    await rejects(
      () =>
        rewrite("<!--a-->", (rewriter) =>
          rewriter.onDocument({ comments: (comment) => void (comment.text = "-->") })),
      "TypeError",
      "Parser error: Comment text shouldn't contain a comment-closing sequence.",
    );
  },
};

export const commentsCanBeReplacedAndRemoved = {
  async test() {
    const html = await rewrite("x<!--a-->y<!--b-->z", (rewriter) =>
      rewriter.onDocument({
        comments(comment) {
          const same = comment.text === "a" ? comment.replace("<b>", { html: true }) : comment.remove();
          equal([same === comment, comment.removed], [true, true]);
        },
      }));
    equal(html, "x<b>yz");
  },
};

export const textsComeInPieces = {
  async test() {
    const log = [];
    await rewrite("<p>a<b>c</b>d</p>", (rewriter) =>
      rewriter.on("p", { text: ({ text, lastInTextNode }) => void log.push([text, lastInTextNode]) }));
    equal(log, [["a", false], ["", true], ["c", false], ["", true], ["d", false], ["", true]]);
  },
};

export const textsAreAsTheyAreWritten = {
  async test() {
    let all = "";
    await rewrite("<p>a&amp;b</p>", (rewriter) => rewriter.on("p", { text: ({ text }) => void (all += text) }));
    equal(all, "a&amp;b");
  },
};

export const textsCanBeReplacedAndRemoved = {
  async test() {
    equal(
      await rewrite("<p>a</p><i>b</i>", (rewriter) =>
        rewriter
          .on("p", { text: (text) => void (text.text === "a" && text.before("1").after("2").replace("<A>")) })
          .on("i", { text: (text) => void text.remove() })),
      "<p>1&lt;A&gt;2</p><i></i>",
    );
  },
};

export const textsAreReadOnly = {
  async test() {
    let refused = false;
    await rewrite("<p>a</p>", (rewriter) =>
      rewriter.on("p", {
        text(text) {
          try {
            text.text = "b";
          } catch (error) {
            refused = error instanceof TypeError;
          }
        },
      }));
    equal(refused, true);
  },
};

export const textsOfAnEncoding = {
  async test() {
    let all = "";
    const bytes = new Uint8Array([0x3c, 0x70, 0x3e, 0xcf, 0x3c, 0x2f, 0x70, 0x3e]);
    const response = new HTMLRewriter()
      .on("p", { text: ({ text }) => void (all += text) })
      .transform(new Response(bytes, { headers: { "content-type": "text/html; charset=windows-1251" } }));
    equal([...new Uint8Array(await response.arrayBuffer())], [...bytes]);
    equal(all, "\u041f");
  },
};

export const encodingsMustBeKnown = {
  test() {
    const transform = (charset) => () =>
      new HTMLRewriter().transform(new Response("x", { headers: { "content-type": `text/html; charset=${charset}` } }));
    throws(transform("klingon"), "TypeError", "Parser error: Unknown character encoding has been provided.");
    throws(transform("utf-16le"), "TypeError", "Parser error: Expected ASCII-compatible encoding.");
  },
};

export const doctypesHaveParts = {
  async test() {
    const log = [];
    const handlers = { doctype: ({ name, publicId, systemId }) => void log.push([name, publicId, systemId]) };
    for (const doctype of ['<!DOCTYPE html PUBLIC "a" "b">', "<!doctype HTML>", "<!doctype>"]) {
      await rewrite(doctype, (rewriter) => rewriter.onDocument(handlers));
    }
    equal(log, [["html", "a", "b"], ["html", null, null], [null, null, null]]);
  },
};

export const somethingCanBeAddedAtTheEnd = {
  async test() {
    const handlers = {
      end(end) {
        equal(end.append("<x>") === end, true);
        end.append("<y>", { html: true });
      },
    };
    equal(await rewrite("<p>", (rewriter) => rewriter.onDocument(handlers)), "<p>&lt;x&gt;<y>");
    equal(await rewrite("", (rewriter) => rewriter.onDocument(handlers)), "&lt;x&gt;<y>");
  },
};

export const tokensEndWithTheirHandler = {
  async test() {
    const tokens = [];
    await rewrite("<!doctype a><p a=1>b<!--c--></p>", (rewriter) =>
      rewriter
        .on("p", {
          element(element) {
            tokens.push(() => element.tagName, () => element.setAttribute("a", "b"), () => element.onEndTag(() => {}));
            const { attributes } = element;
            tokens.push(() => attributes.next());
            element.onEndTag((tag) => void tokens.push(() => tag.name));
          },
          comments: (comment) => void tokens.push(() => comment.text),
          text: (text) => void tokens.push(() => text.remove()),
        })
        .onDocument({
          doctype: (doctype) => void tokens.push(() => doctype.name),
          end: (end) => void tokens.push(() => end.append("x")),
        }));
    equal(tokens.length >= 9, true);
    for (const use of tokens) throws(use, "TypeError", STALE);
  },
};

export const tokensAreNotMadeByHand = {
  async test() {
    let Element;
    await elements("<p>", "p", (element) => void (Element = element.constructor));
    equal(Element.name, "Element");
    throws(() => new Element(), "TypeError", "Illegal constructor");
  },
};

export const includesOfEdgesAreVoidByFlag = {
  async test() {
    const esi = () => elements("<esi:include src=x><p>a</p>", "esi\\:include", (element) => void element.replace("R"));
    equal(await esi(), Cloudflare.compatibilityFlags.html_rewriter_treats_esi_include_as_void_tag ? "R<p>a</p>" : "R");
  },
};
