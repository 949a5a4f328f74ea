import { type ISearchOptions, SearchAddon } from '@xterm/addon-search'
import type { Terminal } from '@xterm/xterm'
import type { ConsoleSink } from '../stores/console-feed.ts'
import { terminalInBox } from './terminal-in-box.ts'
import { terminalTheme } from './theme.ts'

export interface ConsoleTerminal extends ConsoleSink {
  /** Marks what is found, and goes to the next or the last before. */
  find(text: string, direction: 'next' | 'previous'): void
  /** The place of the match that is shown, from 1, and how many there are. */
  onFound(listener: (found: { readonly at: number; readonly of: number }) => void): void
  /** Whether the newest line is in sight, when the reader moved. */
  onMoved(listener: (atEnd: boolean) => void): void
  toEnd(): void
  /** What is selected; everything that is shown, back to the oldest line, when nothing is. */
  text(): string
  dispose(): void
}

/** More lines than that are in the file, not in the window. */
const scrollback = 10_000

/** A terminal that shows and does nothing else, in a box that it fills. */
export function openTerminal(box: HTMLElement): ConsoleTerminal {
  const search = new SearchAddon({ highlightLimit: 500 })
  const { terminal, dispose } = terminalInBox(
    box,
    { disableStdin: true, convertEol: true, cursorInactiveStyle: 'none', scrollback, scrollOnUserInput: false },
    (made) => {
      made.loadAddon(search)
      made.attachCustomKeyEventHandler((event) => scrollKey(made, event))
    },
  )
  terminal.textarea?.setAttribute('aria-label', 'Console')
  terminal.textarea?.setAttribute('readonly', '')
  // Its lines can be read; a machine that boots is not read out line by line.
  box.querySelector('.live-region')?.setAttribute('aria-live', 'off')

  /** What a search has selected is not what the reader has. */
  let found: string | undefined
  const selected = (): string => JSON.stringify(terminal.getSelectionPosition())

  const atEnd = (): boolean => terminal.buffer.active.viewportY >= terminal.buffer.active.baseY
  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    clear: () => terminal.reset(),
    find(text, direction) {
      if (text === '') return search.clearDecorations()
      if (direction === 'next') search.findNext(text, searchOptions())
      else search.findPrevious(text, searchOptions())
      found = selected()
    },
    onFound: (listener) =>
      void search.onDidChangeResults(({ resultIndex, resultCount }) =>
        listener({ at: resultIndex + 1, of: resultCount }),
      ),
    // Only the reader's moves: what arrives at the end keeps the end in sight by itself.
    onMoved: (listener) => {
      const tell = (): void => void requestAnimationFrame(() => listener(atEnd()))
      for (const type of ['wheel', 'keydown', 'pointerup'])
        box.addEventListener(type, tell, { capture: true, passive: true })
    },
    toEnd: () => terminal.scrollToBottom(),
    text() {
      if (terminal.hasSelection() && selected() !== found) return terminal.getSelection()
      terminal.selectAll()
      const all = terminal.getSelection()
      terminal.clearSelection()
      return all
    },
    dispose,
  }
}

/** No key is typed into a console; those that move are for reading. @returns false, so that xterm does nothing with the key. */
function scrollKey(terminal: Terminal, event: KeyboardEvent): boolean {
  if (event.type !== 'keydown' || event.metaKey || event.ctrlKey || event.altKey) return false
  const moves: Readonly<Record<string, () => void>> = {
    PageUp: () => terminal.scrollPages(-1),
    PageDown: () => terminal.scrollPages(1),
    ArrowUp: () => terminal.scrollLines(-1),
    ArrowDown: () => terminal.scrollLines(1),
    Home: () => terminal.scrollToTop(),
    End: () => terminal.scrollToBottom(),
  }
  const move = moves[event.key]
  if (move) event.preventDefault()
  move?.()
  return false
}

const searchOptions = (): ISearchOptions => {
  const { yellow = '#e3b253', blue = '#4453d4' } = terminalTheme()
  return {
    decorations: {
      matchOverviewRuler: hex(yellow),
      activeMatchColorOverviewRuler: hex(blue),
      matchBorder: hex(yellow),
      activeMatchBorder: hex(blue),
      activeMatchBackground: hex(blue),
    },
  }
}

/** The search addon takes no other notation. */
const hex = (rgb: string): string => {
  const parts = rgb.match(/\d+(\.\d+)?/g)?.slice(0, 3) ?? []
  return `#${parts.map((part) => Math.round(Number(part)).toString(16).padStart(2, '0')).join('')}`
}
