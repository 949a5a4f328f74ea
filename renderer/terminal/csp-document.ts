export interface CspDocument {
  readonly document: Document
  /** Runs what makes elements of the page's own document, as xterm's viewport does whatever document it is given. */
  during(action: () => void): void
  dispose(): void
}

/**
 * A document to give to xterm.js under a policy that allows no inline styles. What xterm writes into `<style>` elements goes into
 * constructed sheets, and the `style` attributes that it sets go through CSSOM; the policy allows both, since no markup can reach them.
 */
export function cspDocument(): CspDocument {
  const sheets: CSSStyleSheet[] = []
  const createElement = (name: string): HTMLElement => {
    if (name !== 'style') return withStyleThroughCssom(make(name))
    const sheet = new CSSStyleSheet()
    sheets.push(sheet)
    document.adoptedStyleSheets.push(sheet)
    return writingTo(sheet)
  }
  const proxy = new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') return createElement
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return {
    document: proxy,
    during(action) {
      Object.defineProperty(document, 'createElement', { value: createElement, configurable: true })
      try {
        action()
      } finally {
        Reflect.deleteProperty(document, 'createElement')
      }
    },
    dispose() {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
    },
  }
}

const make = (name: string): HTMLElement => Document.prototype.createElement.call(document, name)

/** Stands where the style element would, and hands its text on. */
function writingTo(sheet: CSSStyleSheet): HTMLElement {
  const element = make('span')
  element.hidden = true
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) })
  return element
}

function withStyleThroughCssom(element: HTMLElement): HTMLElement {
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value
    else Element.prototype.setAttribute.call(element, name, value)
  }
  return element
}
