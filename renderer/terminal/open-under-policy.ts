/**
 * Opens an xterm.js terminal under a policy that allows no inline styles. What it writes into `<style>` elements, all made while it
 * opens, goes into constructed sheets, and the `style` attributes of its cells go through CSSOM; the policy allows both, since no
 * markup can reach them.
 * @returns what takes the sheets away again.
 */
export function openUnderPolicy(open: () => void): () => void {
  setCellStylesThroughCssom()
  const sheets: CSSStyleSheet[] = []
  const createElement = (name: string): HTMLElement => {
    if (name !== 'style') return make(name)
    const sheet = new CSSStyleSheet()
    sheets.push(sheet)
    return writingTo(sheet)
  }
  Object.defineProperty(document, 'createElement', { value: createElement, configurable: true })
  try {
    open()
  } finally {
    Reflect.deleteProperty(document, 'createElement')
  }
  document.adoptedStyleSheets.push(...sheets)
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
  }
}

const make = (name: string): HTMLElement => {
  const createElement: (this: Document, name: string) => HTMLElement = Document.prototype.createElement
  return createElement.call(document, name)
}

/** Stands where the style element would, and hands its text on. */
function writingTo(sheet: CSSStyleSheet): HTMLElement {
  const element = make('span')
  element.hidden = true
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) })
  return element
}

/** The same outcome as the attribute's. Cells are spans of the page's own document, which xterm lets no one replace. */
function setCellStylesThroughCssom(): void {
  if (Object.hasOwn(HTMLSpanElement.prototype, 'setAttribute')) return
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === 'style') this.style.cssText = value
    else Element.prototype.setAttribute.call(this, name, value)
  }
}
