import type { FileDiff, Picture } from '../../main/core/merge/file-diff.ts'
import { bytes } from '../format.ts'

type Binary = Extract<FileDiff, { kind: 'binary' }>

/** Both sides of a picture beside each other. The host has looked at their bytes: they are pictures, and small. */
export function Pictures({
  diff,
  path,
}: {
  diff: Binary & { pictures: NonNullable<Binary['pictures']> }
  path: string
}) {
  const { before, after } = diff.pictures
  return (
    <div className="pictures">
      <Side word="Before" picture={before} size={diff.oldBytes} path={path} />
      <Side word="After" picture={after} size={diff.newBytes} path={path} />
    </div>
  )
}

interface SideProps {
  readonly word: string
  readonly picture: Picture | null
  readonly size: number | null
  readonly path: string
}

function Side({ word, picture, size, path }: SideProps) {
  if (size === null) return null
  return (
    <figure>
      <figcaption className="small second">
        <b>{word}</b> {picture && `${picture.width} × ${picture.height}, `}
        {bytes(size)}
      </figcaption>
      {picture ? (
        <img alt={`${word}: ${path}`} src={`data:${picture.type};base64,${picture.data}`} />
      ) : (
        <p className="small second">It is no picture that can be shown.</p>
      )}
    </figure>
  )
}
