import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'aria-label'> {
  readonly icon?: IconName | undefined
  readonly look?: 'primary' | 'danger' | 'plain' | undefined
  readonly tiny?: boolean
  readonly keys?: string | undefined
  readonly children?: ReactNode
  /** What it is called where it shows no words. */
  readonly label?: string
}

export function Button({ icon, look, tiny, keys, label, children, type = 'button', ...rest }: Props) {
  const words = ['button', look, tiny && 'tiny', children === undefined && 'only-icon']
  return (
    <button type={type} className={words.filter(Boolean).join(' ')} aria-label={label} title={label} {...rest}>
      {icon && <Icon name={icon} size="small" />}
      {children}
      {keys && (
        <span aria-hidden="true">
          <kbd>{keys}</kbd>
        </span>
      )}
    </button>
  )
}
