import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { useOnce } from './hooks/use-once.ts'
import { Icon, type IconName } from './icon.tsx'

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'aria-label' | 'onClick'> {
  readonly icon?: IconName | undefined
  readonly look?: 'primary' | 'danger' | 'plain' | undefined
  readonly tiny?: boolean
  readonly keys?: string | undefined
  readonly children?: ReactNode
  /** What it is called where it shows no words. */
  readonly label?: string
  /** While what it returns is not settled, the button does nothing more: what costs or publishes is done once, however often it is clicked. */
  readonly onClick?: () => unknown
  /** Its words while that lasts. */
  readonly busy?: string
}

export function Button({ icon, look, tiny, keys, label, children, type = 'button', onClick, busy, ...rest }: Props) {
  const { act, isActing } = useOnce(onClick)
  const words = ['button', look, tiny && 'tiny', children === undefined && 'only-icon']
  return (
    <button
      type={type}
      className={words.filter(Boolean).join(' ')}
      aria-label={label}
      title={label}
      aria-disabled={isActing || undefined}
      {...rest}
      onClick={onClick && act}
    >
      {icon && <Icon name={icon} size="small" />}
      {isActing && busy !== undefined ? busy : children}
      {keys && (
        <span aria-hidden="true">
          <kbd>{keys}</kbd>
        </span>
      )}
    </button>
  )
}
