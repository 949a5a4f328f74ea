import type { ComponentProps, ReactElement, ReactNode } from 'react'
import Parsed, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { HiddenCharacters } from '../parts/text/hidden-characters.tsx'
import { withMarks } from '../parts/text/with-marks.tsx'
import { OutsideLink } from './outside-link.tsx'
import { shownSafely } from './shown-safely.ts'

/**
 * Text of an agent with its Markdown, loaded when the first such text is shown. HTML in it stays text, an image is its description with
 * its address, and what is hidden is shown, also where it was written as an entity. A text that cannot be read so is shown as it is.
 */
export default function Markdown({ text }: { text: string }): ReactElement {
  const { body, isHidden } = parsed(text)
  return (
    <>
      {isHidden && <HiddenCharacters what="This text" />}
      <div className="said markdown">{body}</div>
    </>
  )
}

function parsed(text: string): { readonly body: ReactNode; readonly isHidden: boolean } {
  let isHidden = false
  const found = (): void => {
    isHidden = true
  }
  try {
    // It is a function without hooks: called here, so that an error in it is caught here.
    const body = Parsed({
      children: text,
      remarkPlugins: [remarkGfm],
      rehypePlugins: [[shownSafely, { found }]],
      allowedElements,
      unwrapDisallowed: true,
      components,
      urlTransform: (url) => url, // Links and images look at it themselves.
    })
    return { body, isHidden }
  } catch {
    // Such as one that is nested too deeply to be parsed.
    return { body: <p className="plain-text">{withMarks(text)}</p>, isHidden: false }
  }
}

const allowedElements = [
  ...['p', 'br', 'hr', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'pre', 'code'],
  ...['em', 'strong', 'del', 'a', 'img', 'input', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'mark'],
]

const Heading = ({ children }: ComponentProps<'h1'>) => <p className="heading">{children}</p>

const components: Components = {
  ...{ h1: Heading, h2: Heading, h3: Heading, h4: Heading, h5: Heading, h6: Heading },
  a: ({ href = '', children }) => <OutsideLink address={href}>{children}</OutsideLink>,
  img: ({ src, alt }) => (
    <span className="second">
      {alt ? `Image: ${alt}` : 'Image'} <code>{typeof src === 'string' ? src : ''}</code>
    </span>
  ),
  input: ({ checked }) => <span>{checked ? '☑' : '☐'} </span>,
  mark: ({ children }) => (
    <span className="hidden-mark" title="A character that is not seen">
      {children}
    </span>
  ),
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="table" tabIndex={0} aria-label="Table">
      <table>{children}</table>
    </section>
  ),
}
