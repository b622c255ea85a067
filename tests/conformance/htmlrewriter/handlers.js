// Handlers that wait or throw, streams as content, and the response that comes of it.


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

const streamOf = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
const LOCKED = "The ReadableStream has been locked to a reader.";
const canMakeStreams = () => Cloudflare.compatibilityFlags.streams_enable_constructors;

export const handlersMayWait = {
  async test() {
    const log = [];
    const html = await rewrite("<p>a</p><p>b</p>", (rewriter) =>
      rewriter.on("p", {
        async element(element) {
          log.push("start");
          await scheduler.wait(1);
          element.append("!");
          log.push("end");
        },
        text: ({ text }) => void (text && log.push(text)),
      }));
    equal([html, log], ["<p>a!</p><p>b!</p>", ["start", "end", "a", "start", "end", "b"]]);
  },
};

export const thenablesAreWaitedFor = {
  async test() {
    if (!Cloudflare.compatibilityFlags.unwrap_custom_thenables) return;
    equal(
      await elements("<p></p>", "p", (element) => ({
        then(resolve) {
          element.append("then");
          resolve();
        },
      })),
      "<p>then</p>",
    );
  },
};

export const endTagHandlersMayWait = {
  async test() {
    const html = await elements("<p>a</p>", "p", (element) =>
      element.onEndTag(async (tag) => {
        await scheduler.wait(1);
        tag.before("b");
      }));
    equal(html, "<p>ab</p>");
  },
};

export const whatAHandlerThrowsFailsTheBody = {
  async test() {
    const throwing = (error) => () =>
      elements("<p>", "p", () => {
        throw error;
      });
    await rejects(throwing(new RangeError("thrown")), "RangeError", "thrown");
    await rejects(throwing("text"), "Error", "text");
    await rejects(throwing(new DOMException("why", "DataError")), "DataError", "why");
  },
};

export const whatAHandlerRejectsFailsTheBody = {
  async test() {
    await rejects(() => elements("<p>", "p", async () => {
      await scheduler.wait(1);
      throw new RangeError("rejected");
    }), "RangeError", "rejected");
  },
};

export const whatAnEndTagHandlerThrowsFailsTheBody = {
  async test() {
    await rejects(() => elements("<p></p>", "p", (element) =>
      element.onEndTag(() => {
        throw new RangeError("at the end");
      })), "RangeError", "at the end");
  },
};

export const anErrorIsACopy = {
  async test() {
    class Mine extends Error {}
    const error = new Mine("mine");
    let caught;
    await elements("<p>", "p", () => {
      throw error;
    }).catch((thrown) => (caught = thrown));
    equal([caught === error, caught instanceof Mine, caught instanceof Error, caught.message], [
      false,
      false,
      true,
      "mine",
    ]);
  },
};

export const valuesOfHandlersAreIgnored = {
  async test() {
    equal(await elements("<p></p>", "p", () => 5), "<p></p>");
  },
};

export const aResponseCanBeContent = {
  async test() {
    const html = await elements("<p>a</p>", "p", (element) => {
      element.before(new Response("<S>"), { html: true });
      element.append(new Response("<T>"));
      element.after(new Response(null));
    });
    equal(html, "<S><p>a&lt;T&gt;</p>");
  },
};

export const aBodyCanBeContent = {
  async test() {
    equal(
      await elements("<p>a</p>", "p", (element) => void element.replace(new Response("<S>").body, { html: true })),
      "<S>",
    );
  },
};

export const aStreamCanBeContent = {
  async test() {
    if (!canMakeStreams()) return;
    equal(
      await elements("<p>a</p>", "p", (element) =>
        void element.setInnerContent(streamOf("<one>", "two"), { html: true })),
      "<p><one>two</p>",
    );
    equal(await elements("<p>a</p>", "p", (element) => void element.append(streamOf("<", "&"))), "<p>a&lt;&amp;</p>");
  },
};

export const aStreamMayFail = {
  async test() {
    if (!canMakeStreams()) return;
    const failing = () => new ReadableStream({ start: (controller) => controller.error(new RangeError("failed")) });
    await rejects(() => elements("<p>", "p", (element) => void element.before(failing())), "RangeError", "failed");
  },
};

export const aStreamMustBeFree = {
  async test() {
    if (!canMakeStreams()) return;
    const response = new Response("used");
    await response.text();
    await rejects(() => elements("<p>", "p", (element) => void element.before(response)), "TypeError", LOCKED);
  },
};

export const transformNeedsAFreeBody = {
  async test() {
    if (!canMakeStreams()) return;
    const used = new Response("x");
    await used.text();
    throws(() => new HTMLRewriter().transform(used), "TypeError", LOCKED);
    const locked = new Response("x");
    locked.body.getReader();
    throws(() => new HTMLRewriter().transform(locked), "TypeError", LOCKED);
    const twice = new Response("x");
    new HTMLRewriter().transform(twice);
    throws(() => new HTMLRewriter().transform(twice), "TypeError", LOCKED);
  },
};

export const aResponseWithoutABodyStaysItself = {
  test() {
    const response = new Response(null, { headers: { a: "b" } });
    equal(new HTMLRewriter().transform(response) === response, true);
  },
};

export const theRestOfAResponseIsKept = {
  test() {
    const response = new Response("x", { status: 201, statusText: "Text", headers: { a: "b" } });
    const transformed = new HTMLRewriter().transform(response);
    const { status, statusText, headers } = transformed;
    equal([transformed === response, status, statusText, headers.get("a")], [false, 201, "Text", "b"]);
    equal([response.bodyUsed, transformed.bodyUsed], [true, false]);
  },
};

export const aTransformedResponseCanBeCloned = {
  async test() {
    const response = new HTMLRewriter()
      .on("p", { element: (element) => void element.append("x") })
      .transform(new Response("<p></p>"));
    const clone = response.clone();
    equal([await response.text(), await clone.text()], ["<p>x</p>", "<p>x</p>"]);
  },
};

export const nothingRunsBeforeSomebodyReads = {
  async test() {
    const response = new HTMLRewriter()
      .on("p", { element: (element) => void element.append("x") })
      .transform(new Response("<p></p>"));
    equal(response.bodyUsed, false);
    await response.body.cancel();
    equal(response.bodyUsed, true);
  },
};

export const rewritersCanBeChained = {
  async test() {
    const first = new HTMLRewriter().on("p", { element: (element) => void element.append("<i>", { html: true }) });
    const second = new HTMLRewriter().on("i", { element: (element) => void element.replace("!") });
    equal(await second.transform(first.transform(new Response("<p></p>"))).text(), "<p>!");
  },
};

export const documentsInManyPieces = {
  async test() {
    if (!canMakeStreams()) return;
    const html = "<div class='a'><p title=\"x\">text</p></div>".repeat(20);
    let count = 0;
    const response = new HTMLRewriter()
      .on("div.a > p[title]", { element: () => void count++ })
      .transform(new Response(streamOf(...html)));
    equal([await response.text() === html, count], [true, 20]);
  },
};
