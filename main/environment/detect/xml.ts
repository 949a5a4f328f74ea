import sax from 'sax'

/** Deeper than any project is described. */
const deepest = 64

export interface Element {
  /** The names of the elements around it and its own, with slashes, from the root. */
  readonly path: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * The elements that hold text or attributes, in the order of their ends. Entities that a document defines are not known, so none is
 * expanded. @throws where it is no XML, or nests deeper than is read.
 */
export function readXml(text: string): readonly Element[] {
  const found: Element[] = []
  const open: { readonly name: string; readonly attributes: Record<string, string>; text: string }[] = []
  const xml = sax.parser(true, {})
  xml.onerror = (error) => {
    throw error
  }
  xml.onopentag = ({ name, attributes }) => {
    if (open.length >= deepest) throw new Error('its elements nest too deep')
    open.push({
      name,
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
      text: '',
    })
  }
  const add = (more: string) => {
    const here = open.at(-1)
    if (here && here.text.length < 1_000) here.text += more.slice(0, 1_000)
  }
  xml.ontext = add
  xml.oncdata = add
  xml.onclosetag = () => {
    const path = open.map(({ name }) => name).join('/')
    const { attributes = {}, text: inside = '' } = open.pop() ?? {}
    if (inside.trim() !== '' || Object.keys(attributes).length > 0)
      found.push({ path, attributes, text: inside.trim() })
  }
  xml.write(text).close()
  return found
}
