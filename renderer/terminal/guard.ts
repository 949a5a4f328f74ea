import type { Terminal } from '@xterm/xterm'

/** Operating system commands: title, links, clipboard, colours of the palette. The guest's text gets none of them. */
const refusedOsc = [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 104, 110, 111, 112, 133, 633, 777, 1337]
/** Private modes that would take the mouse or the focus for the guest, and the marks around pasted text, which keep a shell from running it. */
const mouseModes = [9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016]
const pasteMode = 2004

/**
 * Keeps what a hostile guest may write to text and colours: it opens no link, sets no title, rings no bell, reads no clipboard and
 * takes no mouse. What the terminal would answer goes nowhere where nobody types, and to the guest that asked where somebody does.
 */
export function guardTerminal(terminal: Terminal, { isTypedIn }: { readonly isTypedIn: boolean }): void {
  const refusedModes = new Set(isTypedIn ? mouseModes : [...mouseModes, pasteMode])
  const { parser } = terminal
  for (const code of refusedOsc) parser.registerOscHandler(code, () => true)
  parser.registerCsiHandler({ prefix: '?', final: 'h' }, (params) =>
    params.some((mode) => refusedModes.has(Number(mode))),
  )
  // Moves and sizes of the window, and reports of its title.
  parser.registerCsiHandler({ final: 't' }, () => true)
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true)
  terminal.options.linkHandler = { activate: () => undefined, allowNonHttpProtocols: false }
}
