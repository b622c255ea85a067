// A hash for drizzle's migrator, which writes it down and never looks at it again.
export default {
  createHash: () => ({
    text: "",
    update(text: string) {
      this.text += text;
      return this;
    },
    digest() {
      return [...this.text].reduce((hash, char) => (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0, 7).toString(16);
    },
  }),
};
