/** A rule of `brew style` or `brew audit`, as far as it can be held against the text alone. */
export interface StyleRule {
  readonly says: string
  readonly of: 'cask' | 'formula' | 'both'
  readonly holds: (text: string) => boolean
}

const lines = (text: string): readonly string[] => text.split('\n')

/** The words that begin the lines of the outermost block, in their order. */
const stanzas = (text: string): readonly string[] =>
  lines(text)
    .flatMap((line) => /^ {2}([a-z_]\w*)/.exec(line)?.[1] ?? [])
    .filter((word) => word !== 'end')

const isInOrder = (words: readonly string[], order: readonly string[]): boolean => {
  const places = words.map((word) => order.indexOf(word))
  return places.every((place, at) => place >= 0 && place >= (places[at - 1] ?? 0))
}

const quoted = (text: string, stanza: string): string =>
  new RegExp(`^ {2}${stanza} "((?:[^"\\\\]|\\\\.)*)"`, 'm').exec(text)?.[1] ?? ''

const caskOrder = [
  ...['version', 'sha256', 'url', 'name', 'desc', 'homepage', 'livecheck', 'auto_updates', 'depends_on'],
  ...['app', 'binary', 'uninstall', 'zap'],
]
const formulaOrder = [
  'desc',
  'homepage',
  'url',
  'sha256',
  'license',
  'livecheck',
  'depends_on',
  'def',
  'service',
  'test',
]
/** Groups that a blank line keeps apart. */
const caskGroups = [
  ['version', 'sha256'],
  ['url', 'name', 'desc', 'homepage'],
  ['livecheck'],
  ['auto_updates', 'depends_on'],
  ['app', 'binary'],
  ['uninstall'],
  ['zap'],
]

export const styleRules: readonly StyleRule[] = [
  {
    says: 'plain ASCII, no tabs, no blanks at the end of a line',
    of: 'both',
    holds: (text) => !/[^\n\x20-\x7e]|[ ]$/m.test(text),
  },
  {
    says: 'one line break at the end, and never two blank lines',
    of: 'both',
    holds: (text) => /[^\n]\n$/.test(text) && !text.includes('\n\n\n'),
  },
  {
    says: 'lines of at most 118 characters, addresses apart',
    of: 'both',
    holds: (text) => lines(text).every((line) => line.length <= 118 || line.startsWith('  url "')),
  },
  {
    says: 'indented by two blanks a level',
    of: 'both',
    holds: (text) => lines(text).every((line) => (/^ */.exec(line)?.[0].length ?? 0) % 2 === 0),
  },
  { says: 'texts between double quotes', of: 'both', holds: (text) => !/'/.test(text) },
  {
    says: 'a description of at most 80 characters',
    of: 'both',
    holds: (text) => {
      const { length } = quoted(text, 'desc')
      return length > 0 && length <= 80
    },
  },
  {
    says: 'a description that begins with a capital, and with no article',
    of: 'both',
    holds: (text) => /^(?!(?:A|An|The) )[A-Z]/.test(quoted(text, 'desc')),
  },
  {
    says: 'a description with no full stop and no name of the program',
    of: 'both',
    holds: (text) => !/\.$|microvm[- ]orchestrator/i.test(quoted(text, 'desc')),
  },
  {
    says: 'a description of a cask names no platform',
    of: 'cask',
    holds: (text) => !/\b(?:macOS|OS X|Mac)\b/i.test(quoted(text, 'desc')),
  },
  { says: 'addresses by https', of: 'both', holds: (text) => !/http:/.test(text) },
  {
    says: 'a homepage with no slash at its end',
    of: 'both',
    holds: (text) => /^https:\/\/[^"]+[^/"]$/.test(quoted(text, 'homepage')),
  },
  {
    says: 'the SHA-256 of what is fetched',
    of: 'both',
    holds: (text) => /^[0-9a-f]{64}$/.test(quoted(text, 'sha256')),
  },
  { says: 'the stanzas of a cask in their order', of: 'cask', holds: (text) => isInOrder(stanzas(text), caskOrder) },
  {
    says: 'the stanzas of a formula in their order',
    of: 'formula',
    holds: (text) => isInOrder(stanzas(text), formulaOrder),
  },
  { says: 'a blank line between the groups of a cask, and none within', of: 'cask', holds: groupsApart },
  {
    says: 'the address of a cask takes its version from `version`',
    of: 'cask',
    holds: (text) => /^ {2}url ".*#\{version\}.*"$/m.test(text),
  },
  { says: 'what zap deletes in the order of the alphabet, a comma after each', of: 'cask', holds: zapInOrder },
  {
    says: 'a cask named as its file, in lower case',
    of: 'cask',
    holds: (text) => text.startsWith('cask "microvm-orchestrator" do\n'),
  },
  {
    says: 'a formula with the class that its file name asks for',
    of: 'formula',
    holds: (text) => text.startsWith('class MicrovmOrchestrator < Formula\n'),
  },
  {
    says: 'a formula has a licence and a test that runs the program',
    of: 'formula',
    holds: (text) => quoted(text, 'license') !== '' && /test do\n.*bin\}/s.test(text),
  },
  {
    says: 'a formula that names no version beside its address',
    of: 'formula',
    holds: (text) => !/^ {2}version /m.test(text),
  },
]

function groupsApart(text: string): boolean {
  const groupOf = (word: string): number => caskGroups.findIndex((group) => group.includes(word))
  let last: number | undefined
  let blank = true
  for (const line of lines(text)) {
    const word = /^ {2}([a-z_]\w*)/.exec(line)?.[1]
    if (word !== undefined && word !== 'end') {
      if (last !== undefined && (groupOf(word) === last) === blank) return false
      last = groupOf(word)
    }
    blank = line === ''
  }
  return true
}

function zapInOrder(text: string): boolean {
  const [, list] = /zap trash: \[\n(.*?)\n {2}\]/s.exec(text) ?? []
  if (list === undefined) return false
  const entries = list.split('\n')
  return entries.every((entry) => entry.endsWith(',')) && entries.join() === entries.toSorted().join()
}

/** The rules that a text breaks. */
export const brokenRules = (kind: 'cask' | 'formula', text: string): readonly string[] =>
  styleRules.filter((rule) => (rule.of === kind || rule.of === 'both') && !rule.holds(text)).map(({ says }) => says)
