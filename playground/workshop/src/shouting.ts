// A leaf module of the second worker.

/** Text in capitals, piece by piece. */
export function shouting(): TransformStream<string, string> {
  return new TransformStream({ transform: (text, controller) => controller.enqueue(text.toUpperCase()) });
}
