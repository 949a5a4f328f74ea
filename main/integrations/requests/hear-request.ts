import { cut } from '../../core/cut.ts'
import type { RequestRecord } from '../../core/pull-request.ts'
import { visibleLine, visibleText } from '../../core/visible-text.ts'
import type { RequestEvent } from '../../tasks/events/logged-event.ts'
import type { ChecksSeen, CommentSeen, ForgeClient } from './forge-client.ts'
import { ForgeRefusal } from './forge-refusal.ts'

/** Something to be told of a request. */
export type News = Pick<RequestEvent, 'what' | 'commit' | 'comment' | 'said'>

/** What checks and people said of a request that is open, as far as the credential may read it. */
export async function askAround(
  client: ForgeClient,
  request: { readonly number: number; readonly commit: string },
  signal: AbortSignal,
): Promise<{ readonly checks: ChecksSeen; readonly comments: readonly CommentSeen[] }> {
  const checks = await client
    .checks(request, signal)
    .catch((error: unknown) => unreadable(error, { state: 'none' as const }))
  const comments = await client.comments(request.number, signal).catch((error: unknown) => unreadable(error, []))
  return { checks, comments }
}

/** A token may read the request and not what is around it. */
function unreadable<Nothing>(error: unknown, nothing: Nothing): Nothing {
  const { status, notBefore } = error instanceof ForgeRefusal ? error : new ForgeRefusal('')
  if ((status === 403 || status === 404) && notBefore === null) return nothing
  throw error
}

/** Strangers may write as much as they like: so much of it is told of one request, and at one time. */
const mostHeard = 200
const mostAtOnce = 20
const textLimit = 2_000
const namesLimit = 1_000

/** What of it is new, and the record once that is told. Pure. */
export function takeIn(
  record: RequestRecord,
  commit: string,
  { checks, comments }: { readonly checks: ChecksSeen; readonly comments: readonly CommentSeen[] },
): { readonly record: RequestRecord; readonly news: readonly News[] } {
  const news: News[] = []
  let { checked } = record
  const isNew = checked?.commit !== commit || checked.state !== checks.state
  if ((checks.state === 'passed' || checks.state === 'failed') && isNew) {
    checked = { commit, state: checks.state }
    const failed = checks.state === 'failed' && visibleLine(cut(checks.failed.join(', '), namesLimit))
    news.push({ what: `checks_${checks.state}`, commit, ...(failed !== false && { said: failed }) })
  }
  const room = Math.min(mostAtOnce, mostHeard - record.heard.length)
  const unheard = comments.filter(({ id }) => !record.heard.includes(id)).slice(0, Math.max(0, room))
  for (const { id, author, text, path } of unheard) {
    const where = path === null ? '' : ` on ${cut(path, 200)}`
    const short = text.length > textLimit ? `${text.slice(0, textLimit).replace(/[\uD800-\uDBFF]$/, '')}…` : text
    news.push({
      what: 'commented',
      comment: id,
      said: `${visibleLine(cut(author, 100) + where)}: ${visibleText(short)}`,
    })
  }
  return { record: { ...record, checked, heard: [...record.heard, ...unheard.map(({ id }) => id)] }, news }
}
