//! What handlers do to tokens, one function a method, whatever the token is.
//!
//! The script's classes offer each token what it has; asked for something else, a token behaves as if it were gone.

use lol_html::html_content::{ContentType, StreamingHandler};

use super::RewriterError;
use super::fiber::{self, TokenRef};

/// How content is inserted.
pub fn content_type(html: bool) -> ContentType {
    if html { ContentType::Html } else { ContentType::Text }
}

/// A text of the token by the property's name.
pub fn get(token: &mut TokenRef<'_>, name: &str) -> Result<Option<String>, RewriterError> {
    Ok(match (token, name) {
        (TokenRef::Element(element), "tagName") => Some(element.tag_name()),
        (TokenRef::Element(element), "namespaceURI") => Some(element.namespace_uri().to_string()),
        (TokenRef::EndTag(tag), "name") => Some(tag.name()),
        (TokenRef::Comment(comment), "text") => Some(comment.text()),
        (TokenRef::Text(text), "text") => Some(text.as_str().to_string()),
        (TokenRef::Doctype(doctype), "name") => doctype.name(),
        (TokenRef::Doctype(doctype), "publicId") => doctype.public_id(),
        (TokenRef::Doctype(doctype), "systemId") => doctype.system_id(),
        _ => return Err(RewriterError::StaleToken),
    })
}

/// Sets the one text of the token that can be set.
pub fn set(token: &mut TokenRef<'_>, text: &str) -> Result<(), RewriterError> {
    match token {
        TokenRef::Element(element) => element.set_tag_name(text).map_err(RewriterError::parser),
        TokenRef::EndTag(tag) => {
            tag.set_name_str(text.to_string());
            Ok(())
        }
        TokenRef::Comment(comment) => comment.set_text(text).map_err(RewriterError::parser),
        TokenRef::Text(_) | TokenRef::Doctype(_) | TokenRef::End(_) => Err(RewriterError::StaleToken),
    }
}

/// Whether the token has been removed.
pub fn removed(token: &mut TokenRef<'_>) -> Result<bool, RewriterError> {
    match token {
        TokenRef::Element(element) => Ok(element.removed()),
        TokenRef::Comment(comment) => Ok(comment.removed()),
        TokenRef::Text(text) => Ok(text.removed()),
        TokenRef::EndTag(_) | TokenRef::Doctype(_) | TokenRef::End(_) => Err(RewriterError::StaleToken),
    }
}

/// Whether a piece of text is the last of its node.
pub fn last_in_text(token: &mut TokenRef<'_>) -> Result<bool, RewriterError> {
    match token {
        TokenRef::Text(text) => Ok(text.last_in_text_node()),
        _ => Err(RewriterError::StaleToken),
    }
}

/// Removes the token.
pub fn remove(token: &mut TokenRef<'_>, keep_content: bool) -> Result<(), RewriterError> {
    match token {
        TokenRef::Element(element) if keep_content => element.remove_and_keep_content(),
        TokenRef::Element(element) => element.remove(),
        TokenRef::EndTag(tag) => tag.remove(),
        TokenRef::Comment(comment) => comment.remove(),
        TokenRef::Text(text) => text.remove(),
        TokenRef::Doctype(_) | TokenRef::End(_) => return Err(RewriterError::StaleToken),
    }
    Ok(())
}

/// The attributes of an element.
pub fn attributes(token: &mut TokenRef<'_>) -> Result<Vec<(String, String)>, RewriterError> {
    let TokenRef::Element(element) = token else { return Err(RewriterError::StaleToken) };
    Ok(element.attributes().iter().map(|attribute| (attribute.name(), attribute.value())).collect())
}

/// One attribute of an element.
pub fn attribute(token: &mut TokenRef<'_>, name: &str) -> Result<Option<String>, RewriterError> {
    let TokenRef::Element(element) = token else { return Err(RewriterError::StaleToken) };
    Ok(element.get_attribute(name))
}

/// Sets an attribute of an element.
pub fn set_attribute(token: &mut TokenRef<'_>, name: &str, value: &str) -> Result<(), RewriterError> {
    let TokenRef::Element(element) = token else { return Err(RewriterError::StaleToken) };
    element.set_attribute(name, value).map_err(RewriterError::parser)
}

/// Removes an attribute of an element.
pub fn remove_attribute(token: &mut TokenRef<'_>, name: &str) -> Result<(), RewriterError> {
    let TokenRef::Element(element) = token else { return Err(RewriterError::StaleToken) };
    element.remove_attribute(name);
    Ok(())
}

/// Inserts a text.
pub fn insert(token: &mut TokenRef<'_>, place: &str, content: &str, html: bool) -> Result<(), RewriterError> {
    let kind = content_type(html);
    match (token, place) {
        (TokenRef::Element(element), "before") => element.before(content, kind),
        (TokenRef::Element(element), "after") => element.after(content, kind),
        (TokenRef::Element(element), "prepend") => element.prepend(content, kind),
        (TokenRef::Element(element), "append") => element.append(content, kind),
        (TokenRef::Element(element), "replace") => element.replace(content, kind),
        (TokenRef::Element(element), "setInnerContent") => element.set_inner_content(content, kind),
        (TokenRef::EndTag(tag), "before") => tag.before(content, kind),
        (TokenRef::EndTag(tag), "after") => tag.after(content, kind),
        (TokenRef::Comment(comment), "before") => comment.before(content, kind),
        (TokenRef::Comment(comment), "after") => comment.after(content, kind),
        (TokenRef::Comment(comment), "replace") => comment.replace(content, kind),
        (TokenRef::Text(text), "before") => text.before(content, kind),
        (TokenRef::Text(text), "after") => text.after(content, kind),
        (TokenRef::Text(text), "replace") => text.replace(content, kind),
        (TokenRef::End(end), "append") => end.append(content, kind),
        _ => return Err(RewriterError::StaleToken),
    }
    Ok(())
}

/// Inserts a stream.
pub fn insert_stream(token: &mut TokenRef<'_>, place: &str, number: u32) -> Result<(), RewriterError> {
    let writer: Box<dyn StreamingHandler + Send> = Box::new(fiber::stream(number));
    match (token, place) {
        (TokenRef::Element(element), "before") => element.streaming_before(writer),
        (TokenRef::Element(element), "after") => element.streaming_after(writer),
        (TokenRef::Element(element), "prepend") => element.streaming_prepend(writer),
        (TokenRef::Element(element), "append") => element.streaming_append(writer),
        (TokenRef::Element(element), "replace") => element.streaming_replace(writer),
        (TokenRef::Element(element), "setInnerContent") => element.streaming_set_inner_content(writer),
        (TokenRef::EndTag(tag), "before") => tag.streaming_before(writer),
        (TokenRef::EndTag(tag), "after") => tag.streaming_after(writer),
        (TokenRef::Comment(comment), "before") => comment.streaming_before(writer),
        (TokenRef::Comment(comment), "after") => comment.streaming_after(writer),
        (TokenRef::Comment(comment), "replace") => comment.streaming_replace(writer),
        (TokenRef::Text(text), "before") => text.streaming_before(writer),
        (TokenRef::Text(text), "after") => text.streaming_after(writer),
        (TokenRef::Text(text), "replace") => text.streaming_replace(writer),
        _ => return Err(RewriterError::StaleToken),
    }
    Ok(())
}

/// Sets the handler of an element's end tag.
pub fn on_end_tag(token: &mut TokenRef<'_>, handler: u32) -> Result<(), RewriterError> {
    let TokenRef::Element(element) = token else { return Err(RewriterError::StaleToken) };
    // Source: the text of lol_html's interface for C.
    let handlers = element.end_tag_handlers().ok_or_else(|| RewriterError::parser("No end tag."))?;
    handlers.clear();
    let mut on_end_tag = fiber::on_end_tag(handler);
    handlers.push(Box::new(move |tag| on_end_tag(tag)));
    Ok(())
}
