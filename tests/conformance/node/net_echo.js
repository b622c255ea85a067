// A worker that is a network: every connection sends back what it gets.
export default {
  async connect(socket) {
    const writer = socket.writable.getWriter();
    for await (const chunk of socket.readable) await writer.write(chunk);
    await writer.close();
  },
};
