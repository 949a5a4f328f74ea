import type { Task } from '../core/task/task.ts'
import type { PublishingRules } from '../tasks/finish/waiting-work.ts'
import { TaskReviews } from '../tasks/review/reviews.ts'
import type { Held } from './attack.ts'
import { damageOf } from './damage.ts'
import type { Prepared } from './fixtures.ts'

/** No repository is registered, and nothing of the list of held paths is changed. */
export const publishingRules: PublishingRules = { repositories: { list: async () => [] } }

/** Characters that are not seen, or change how others are seen. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u

/** A person reviews what was held, and accepts it. Answers what was wrong with what they saw, or broke when it was published. */
export async function acceptHeld(
  prepared: Prepared,
  { held, shows, accepted = 'merged' }: Held,
  key: string,
): Promise<readonly string[]> {
  const { record, outside } = prepared
  const reviews = reviewsOf(record.task)
  const broken: string[] = []
  try {
    const seen = await everythingSeen(reviews, record.task)
    if (unseen.test(seen)) broken.push('its review has characters that are not seen')
    for (const text of [...held, ...(shows?.(outside) ?? [])]) {
      if (!seen.includes(text)) broken.push(`its review does not show ${text}`)
    }
    const merge = await reviews.accept(record.task.id)
    if ((merge.kind === 'merged') !== (accepted === 'merged'))
      broken.push(`it became something else when it was accepted: ${JSON.stringify(merge).slice(0, 300)}`)
  } catch (error) {
    broken.push(`its review fell over it: ${String(error).slice(0, 300)}`)
  }
  return [...broken, ...(await damageOf(prepared, key, accepted)).map((what) => `after it was accepted, ${what}`)]
}

/** As the orchestrator has them, for one task that has ended. */
function reviewsOf(ended: Task): TaskReviews {
  let task = ended
  return new TaskReviews({
    catalog: {
      get: async () => task,
      put: (changed) => {
        task = changed
      },
    },
    ended: { act: async (_id, act) => await act(task, task) },
    rules: publishingRules,
  })
}

/** What command line and window show is made of this, and of nothing else: names, modes and lines. */
async function everythingSeen(reviews: TaskReviews, { id }: Task): Promise<string> {
  const { files, commits } = await reviews.look(id)
  const texts = files
    .map(({ path, newBlob }) => `${path} ${newBlob.mode}`)
    .concat(commits.map(({ subject }) => subject))
  for (const { path } of files) {
    const diff = await reviews.diff(id, path, { kind: 'start' })
    if (diff.kind !== 'text') continue
    if (diff.hidden) texts.push(`hidden characters in ${path}`)
    texts.push(...diff.hunks.flatMap(({ lines }) => lines.map(({ text }) => text)))
  }
  return texts.join('\n')
}
