import '@xterm/xterm/css/xterm.css'
import { FitAddon } from '@xterm/addon-fit'
import { type ITerminalOptions, Terminal } from '@xterm/xterm'
import { guardTerminal } from './guard.ts'
import { openUnderPolicy } from './open-under-policy.ts'
import { terminalTheme } from './theme.ts'

export interface TerminalInBox {
  readonly terminal: Terminal
  dispose(): void
}

/** A terminal that fills its box, in the window's colours as they are at any time; `prepare` comes before it is opened. */
export function terminalInBox(
  box: HTMLElement,
  options: ITerminalOptions,
  prepare: (terminal: Terminal) => void,
): TerminalInBox {
  const isTypedIn = options.disableStdin !== true
  const terminal = new Terminal({
    allowProposedApi: true,
    screenReaderMode: true,
    fontFamily: getComputedStyle(box).getPropertyValue('--font-mono'),
    fontSize: 11.5,
    lineHeight: 1.25,
    minimumContrastRatio: 4.5,
    theme: terminalTheme(isTypedIn),
    ...options,
  })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  guardTerminal(terminal, { isTypedIn })
  prepare(terminal)
  const removeStyles = openUnderPolicy(() => terminal.open(box))

  const fitNow = (): void => fit.fit()
  fitNow()
  const sizes = new ResizeObserver(fitNow)
  sizes.observe(box)
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const recolour = (): void => {
    terminal.options.theme = terminalTheme(isTypedIn)
  }
  dark.addEventListener('change', recolour)
  const themes = new MutationObserver(recolour)
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return {
    terminal,
    dispose() {
      sizes.disconnect()
      themes.disconnect()
      dark.removeEventListener('change', recolour)
      terminal.dispose()
      removeStyles()
    },
  }
}
