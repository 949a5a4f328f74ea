/** `0:06`, `12:04`, `1:02:33`, `5d 0h`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${hours % 24}h`
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** `950`, `184k`, `1.2M`, `1.1B`. */
export function tokens(count: number): string {
  if (count < 1_000) return String(count)
  if (count < 999_500) return `${Math.round(count / 1_000)}k`
  if (count >= 999_500_000) return `${(count / 1_000_000_000).toFixed(1)}B`
  return `${(count / 1_000_000).toFixed(count < 99_950_000 ? 1 : 0)}M`
}

/** `$0.84`, `$1,235`; `<$0.01` for what is not nothing. */
export function cost(usd: number): string {
  if (usd > 0 && usd < 0.005) return '<$0.01'
  return usd < 999.995 ? `$${usd.toFixed(2)}` : `$${Math.round(usd).toLocaleString('en')}`
}

/** `512 B`, `14.2 GB`: by 1,000, as the Finder counts. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

const dayMs = 24 * 60 * 60 * 1000
const clock = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The time of today, `Yesterday`, the day of this week, or the date. */
export function when(iso: string, nowMs: number): string {
  const date = new Date(iso)
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0)
  if (date.getTime() >= midnight) return clock.format(date)
  if (date.getTime() >= midnight - dayMs) return 'Yesterday'
  if (date.getTime() >= midnight - 6 * dayMs) return weekday.format(date)
  return date.getFullYear() === new Date(nowMs).getFullYear() ? day.format(date) : dayOfYear.format(date)
}

export const exactTime = (iso: string): string => exact.format(new Date(iso))

/** `4 min`, `2 h`, `3 days`. */
export function ago(iso: string, nowMs: number): string {
  const minutes = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 60_000))
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`
  return `${Math.round(minutes / 1440)} days`
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** What may be cut, and what shall stay: the middle of a path says least. */
export function splitPath(path: string): readonly [head: string, tail: string] {
  const at = path.lastIndexOf('/', path.length - 2)
  return at <= 0 ? ['', path] : [path.slice(0, at), path.slice(at)]
}

/** Whether a cure is to be typed in a terminal, or a sentence to be read. */
export const isCommand = (cure: string): boolean =>
  /^(?:[a-z/][\w./+-]*|'[^']+')( |$)/.test(cure) && !cure.trimEnd().endsWith('.')
