import { Fragment } from 'react'

/** A line that may break after what parts a path or a name, so that it fills its room without broken words. */
export function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[/._:-])(?=\w)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}
