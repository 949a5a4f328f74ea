/** How a server wants to be shown who asks (RFC 9110, 11.6.1): one scheme of those it names, which we know. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | null }

/** A scheme and its parameters begin where a word is followed by a space and no equals sign. */
const part = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|(?=[\s,]|$))/g

/** The first Bearer with a realm, or else Basic; undefined where neither is there. Pure. */
export function readChallenge(header: string): Challenge | undefined {
  const challenges: { scheme: string; readonly parameters: Map<string, string> }[] = []
  for (const [, name = '', quoted, plain] of header.matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
  }
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm')
    if (scheme === 'bearer' && realm !== undefined) return { scheme, realm, service: parameters.get('service') ?? null }
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined
}
