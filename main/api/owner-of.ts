import type { RunRequest } from '../tasks/contract.ts'
import type { Consumer } from '../tasks/events/event-consumers.ts'

/** The part of a request to run a task that says whose task it is. */
export const ownerOf = (consumer: Consumer | null): Pick<RunRequest, 'owner'> =>
  consumer === null ? {} : { owner: consumer.name }
