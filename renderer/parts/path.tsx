import { splitPath } from '../format.ts'

/** A path that loses its middle when there is no room. */
export function Path({ path, className = '' }: { path: string; className?: string }) {
  const [head, tail] = splitPath(path)
  return (
    <span className={`path ${className}`} title={path}>
      <span>{head}</span>
      <span>{tail}</span>
    </span>
  )
}
