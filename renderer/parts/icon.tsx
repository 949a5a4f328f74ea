import type { ReactNode } from 'react'

const dot = (cx: number, cy: number, r: number): ReactNode => (
  <circle cx={cx} cy={cy} r={r} fill="currentColor" stroke="none" />
)

/** Drawn on 16 by 16, one line of 1.3. */
const drawings = {
  mark: (
    <>
      <rect x="1.7" y="1.7" width="12.6" height="12.6" rx="3.2" />
      <g fill="currentColor" stroke="none">
        <rect x="4.4" y="4.4" width="3" height="3" rx=".8" />
        <rect x="8.6" y="4.4" width="3" height="3" rx=".8" />
        <rect x="4.4" y="8.6" width="3" height="3" rx=".8" />
        <rect x="8.6" y="8.6" width="3" height="3" rx=".8" opacity=".45" />
      </g>
    </>
  ),
  slots: (
    <path d="M3 2.5h3a1 1 0 0 1 1 1V6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3.5a1 1 0 0 1 1-1zM10 2.5h3a1 1 0 0 1 1 1V6a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V3.5a1 1 0 0 1 1-1zM3 9h3a1 1 0 0 1 1 1v2.5a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM10 9h3a1 1 0 0 1 1 1v2.5a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1z" />
  ),
  needs: <path d="M8 2.2 14.2 13H1.8zM8 6.4v3.2M8 11.3v.1" />,
  history: <path d="M2.6 6A5.8 5.8 0 1 1 2.2 8M2.3 3v3.2h3.2M8 5v3.2l2.2 1.4" />,
  repo: (
    <path d="M1.8 12.2V4.3c0-.6.5-1.1 1.1-1.1h3.2l1.6 1.7h5.4c.6 0 1.1.5 1.1 1.1v6.2c0 .6-.5 1.1-1.1 1.1H2.9c-.6 0-1.1-.5-1.1-1.1z" />
  ),
  checks: <path d="m2 4.2 1.2 1.2L5.4 3M2 11l1.2 1.2 2.2-2.4M8 4.4h6M8 11.2h6" />,
  gear: (
    <>
      <circle cx="8" cy="8" r="2.1" />
      <path d="M8 1.8v1.9M8 12.3v1.9M1.8 8h1.9M12.3 8h1.9M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" />
    </>
  ),
  plus: <path d="M8 3v10M3 8h10" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>
  ),
  back: <path d="M10 3 5 8l5 5" />,
  up: <path d="m4 10 4-4 4 4" />,
  down: <path d="m4 6.5 4 4 4-4" />,
  more: (
    <>
      {dot(3.4, 8, 1.2)}
      {dot(8, 8, 1.2)}
      {dot(12.6, 8, 1.2)}
    </>
  ),
  stop: <rect x="4" y="4" width="8" height="8" rx="1.4" />,
  again: <path d="M13.2 6.2A5.6 5.6 0 1 0 13.6 9M13.6 2.8v3.6H10" />,
  open: (
    <path d="M6.5 3H4a1.3 1.3 0 0 0-1.3 1.3V12A1.3 1.3 0 0 0 4 13.3h7.7A1.3 1.3 0 0 0 13 12V9.5M9.3 2.7h4v4M13 3 7.6 8.4" />
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.4" />
      <path d="M10.5 3.2c-.2-.5-.6-.7-1-.7H3.8c-.7 0-1.3.6-1.3 1.3v5.7c0 .4.2.8.7 1" />
    </>
  ),
  check: <path d="m3 8.6 3.2 3.2L13 4.6" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  pass: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="m5.2 8.3 2 2 3.7-4.2" />
    </>
  ),
  fail: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  free: <circle cx="8" cy="8" r="5.7" strokeDasharray="2.2 2.28" />,
  clone: <path d="M8 2v7.4M4.8 6.4 8 9.6l3.2-3.2M2.4 10.6v1.8c0 .7.6 1.2 1.2 1.2h8.8c.6 0 1.2-.5 1.2-1.2v-1.8" />,
  boot: <path d="M8 1.8V8M4.6 3.9a5.4 5.4 0 1 0 6.8 0" />,
  work: (
    <>
      <path className="spin" d="M8 1.9A6.1 6.1 0 1 1 1.9 8" strokeWidth="1.6" />
      {dot(8, 8, 2.4)}
    </>
  ),
  merge: (
    <>
      <circle cx="4" cy="3.6" r="1.7" />
      <circle cx="4" cy="12.4" r="1.7" />
      <circle cx="12" cy="8" r="1.7" />
      <path d="M4 5.3v5.4M4 5.6C4.2 7.4 6 8 10.3 8" />
    </>
  ),
  stopping: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <rect x="5.8" y="5.8" width="4.4" height="4.4" rx=".8" fill="currentColor" stroke="none" />
    </>
  ),
  branch: (
    <>
      <circle cx="4.4" cy="3.6" r="1.7" />
      <circle cx="4.4" cy="12.4" r="1.7" />
      <circle cx="11.6" cy="4.6" r="1.7" />
      <path d="M4.4 5.3v5.4M11.6 6.3c0 2.6-2.4 2.7-4.4 3-1.5.2-2.5.5-2.8 1.4" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6.1" />
      <path d="M8 4.6V8l2.2 1.6" />
    </>
  ),
  pencil: <path d="m10.6 2.9 2.5 2.5L5.6 13l-3.1.6.6-3.1z" />,
  file: (
    <path d="M9.2 1.9H4.6c-.7 0-1.2.5-1.2 1.2v9.8c0 .7.5 1.2 1.2 1.2h6.8c.7 0 1.2-.5 1.2-1.2V5.3zM9.2 1.9v3.4h3.4" />
  ),
  terminal: (
    <>
      <rect x="1.8" y="2.8" width="12.4" height="10.4" rx="1.6" />
      <path d="m4.6 6 2 2-2 2M8.4 10.2h3" />
    </>
  ),
  say: (
    <path d="M2.2 3.9c0-.7.5-1.2 1.2-1.2h9.2c.7 0 1.2.5 1.2 1.2v6c0 .7-.5 1.2-1.2 1.2H7.2L4 13.6v-2.5h-.6c-.7 0-1.2-.5-1.2-1.2z" />
  ),
  globe: (
    <>
      <circle cx="8" cy="8" r="6.1" />
      <path d="M2 8h12M8 1.9c2 2 2.6 4 2.6 6.1S10 12.1 8 14.1C6 12.1 5.4 10.1 5.4 8S6 3.9 8 1.900z" />
    </>
  ),
  list: <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4v.1M2.5 8v.1M2.5 12v.1" />,
  save: <path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.6 13.400h10.8" />,
  pause: <path d="M5.6 3.600v8.800M10.4 3.600v8.8" />,
  plug: <path d="M5.6 2v3M10.4 2v3M3.8 5h8.400v2.600A4.2 4.2 0 0 1 8 11.800a4.2 4.2 0 0 1-4.2-4.200zM8 11.800v2.4" />,
  trash: (
    <path d="M2.8 4.400h10.400M6.2 4.200V2.800h3.600v1.400M4.2 4.400l.6 8.200c0 .6.5 1 1.1 1h4.200c.6 0 1-.4 1.1-1l.6-8.2" />
  ),
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof drawings

/** Decoration: the word beside it, or the label of its button, says what it means. */
export function Icon({ name, size }: { name: IconName; size?: 'small' | 'large' }) {
  return (
    <svg className={size ? `icon ${size}` : 'icon'} viewBox="0 0 16 16" aria-hidden="true">
      {drawings[name]}
    </svg>
  )
}
