/* The chart library: packed in the page, unpacked when the first picture comes near. */

let loading = null;

/**
 * Vega, the compiler of Vega-Lite and the interpreter; the page's policy knows the script by its hash.
 * @returns {Promise<{parse: function, View: function, compile: function, expressionInterpreter: Object}>}
 */
function chartLibrary() {
  loading = loading || unpackedText(place("charts").textContent).then((script) => {
    document.head.append(element("script", {}, script));
    return window.valuekitCharts;
  });
  return loading;
}
