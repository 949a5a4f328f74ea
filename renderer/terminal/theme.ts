import type { ITheme } from '@xterm/xterm'

/** The window's colours, as they are now in light or dark, for xterm, which knows no custom properties. Only where somebody types is there a cursor. */
export function terminalTheme(isTypedIn = false): ITheme {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const accent = colour('accent').replace('rgb(', 'rgba(').replace(')', ', 0.3)')
  const thumb = colour('text-3').replace('rgb(', 'rgba(')
  const theme: ITheme = {
    background: colour('ground-inset'),
    foreground: colour('text'),
    cursor: colour(isTypedIn ? 'text' : 'ground-inset'),
    cursorAccent: colour('ground-inset'),
    selectionBackground: accent,
    scrollbarSliderBackground: thumb.replace(')', ', 0.35)'),
    scrollbarSliderHoverBackground: thumb.replace(')', ', 0.55)'),
    scrollbarSliderActiveBackground: thumb.replace(')', ', 0.7)'),
    black: colour('text'),
    brightBlack: colour('text-3'),
    white: colour('text-2'),
    brightWhite: colour('text'),
    ...pair('red', 'Red', colour('bad')),
    ...pair('green', 'Green', colour('good')),
    ...pair('yellow', 'Yellow', colour('warn')),
    ...pair('blue', 'Blue', colour('code-call')),
    ...pair('magenta', 'Magenta', colour('code-keyword')),
    ...pair('cyan', 'Cyan', colour('code-string')),
  }
  probe.remove()
  return theme
}

const pair = (name: string, bright: string, value: string): ITheme => ({ [name]: value, [`bright${bright}`]: value })
