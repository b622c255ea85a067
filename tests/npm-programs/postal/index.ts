// postal-mime: a message with parts, encodings and an attachment.
import PostalMime from "postal-mime";

export default {
  async fetch(request: Request): Promise<Response> {
    const mail = await PostalMime.parse(request.body!);
    return Response.json({
      from: mail.from,
      to: mail.to,
      subject: mail.subject,
      text: mail.text?.trim(),
      html: mail.html?.trim(),
      attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
        filename,
        mimeType,
        size: (content as ArrayBuffer).byteLength,
      })),
    });
  },
};
