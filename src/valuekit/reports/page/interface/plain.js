/* Text from data as one line, as valuekit.reports.plain makes it: what cannot be seen is spelt out. */

const UNSEEN = /(?!(?<=[\p{So}\u{1f3fb}-\u{1f3ff}\ufe0f])\u200d(?=[\p{So}\u2194\u2195]))[\p{C}\p{Z}]/gu;

/**
 * Line breaks become spaces; control characters, marks of direction and the like become escapes. The sign that joins
 * emoji stays where it does that.
 */
function plainText(text) {
  return text.replace(/[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u, "").replace(UNSEEN, spelt);
}

function spelt(character) {
  if (character === " " || character === "\n" || character === "\r" || character === "\t") return " ";
  const code = character.codePointAt(0);
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
