// Traces of nothing.
class Tracing {
  categories = "";
  enabled = false;
  disable() {
    this.enabled = false;
  }
  enable() {
    this.enabled = true;
  }
}
export const createTracing = () => new Tracing();
export const getEnabledCategories = () => "";
