import type { ReactNode } from 'react'
import type { Failure } from '../../main/core/failure.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** A view, or a part of one, with nothing to show: says why, and what to do. */
export function Blank({
  icon,
  title,
  children,
  actions,
}: {
  icon?: IconName
  title: string
  children?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div className="blank">
      {icon && <Icon name={icon} size="large" />}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="row">{actions}</div>}
    </div>
  )
}

export function FailureBlank({ failure, again }: { failure: Failure; again?: () => void }) {
  return (
    <Blank icon="fail" title={failure.message} actions={again && <Button onClick={again}>Try Again</Button>}>
      {failure.hint}
    </Blank>
  )
}

/** Nothing for the first moment, so that what comes at once does not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <div className="blank loading" role="status">
      <p>{what}</p>
    </div>
  )
}

/** A failure in one line of a view. */
export function Problem({ failure, children }: { failure: Failure; children?: ReactNode }) {
  return (
    <div className="problem" role="alert">
      <Icon name="needs" />
      <b>{failure.message}</b>
      {failure.hint && <p>{failure.hint}</p>}
      {children}
    </div>
  )
}
