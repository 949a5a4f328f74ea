import type { Element, ElementContent, Root, RootContent } from 'hast'
import { hasHidden, markPattern, visibleText } from '../../main/core/visible-text.ts'

/** HTML, as the parser leaves it. */
interface Raw {
  readonly type: 'raw'
  readonly value: string
}
type Node = RootContent | ElementContent | Raw

/** Deeper, there is no text that a person wrote. */
const deepest = 24
const marks = new RegExp(`(${markPattern.source})`)

/**
 * Of what a Markdown text was parsed to: makes visible what is hidden, sets the marks apart, keeps HTML as the text that it is, and takes
 * away classes and identities, which are ours to give. `found` is called where something was hidden, such as an entity of a character
 * that is not seen.
 */
export function shownSafely({ found }: { found: () => void }): (root: Root) => void {
  const visible = (text: string): string => {
    if (hasHidden(text)) found()
    return visibleText(text)
  }
  const pieces = (text: string): ElementContent[] =>
    visible(text)
      .split(marks)
      .map((value, index) =>
        index % 2 === 0
          ? { type: 'text', value }
          : { type: 'element', tagName: 'mark', properties: {}, children: [{ type: 'text', value }] },
      )
  const shown = (node: Node, depth: number): ElementContent[] => {
    switch (node.type) {
      case 'text':
      case 'raw':
        return pieces(node.value)
      case 'element':
        return depth > deepest ? pieces(textOf(node)) : [element(node, depth)]
      default:
        return []
    }
  }
  const element = ({ tagName, properties, children }: Element, depth: number): Element => {
    const { className: _, id: __, ...kept } = properties
    const safe = Object.entries(kept).map(([name, value]) => [name, typeof value === 'string' ? visible(value) : value])
    return {
      ...{ type: 'element', tagName, properties: Object.fromEntries(safe) },
      children: children.flatMap((child) => shown(child, depth + 1)),
    }
  }
  return (root) => {
    root.children = root.children.flatMap((node) => shown(node, 1))
  }
}

/** Without recursion: it may be nested as deeply as an agent wrote it. */
function textOf(element: Element): string {
  const open: Node[] = [element]
  let text = ''
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.type === 'text' || node.type === 'raw') text += node.value
    if (node.type === 'element') open.push(...node.children.toReversed())
  }
  return text
}
