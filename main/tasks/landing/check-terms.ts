import type { CheckPolicy } from '../../core/merge/merge-policy.ts'
import type { Task } from '../../core/task/task.ts'
import { hostSize, type Size, withinHost } from '../../lib/host-size.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import { type CheckShare, checkShareOf } from '../run/write-share.ts'
import type { Provisions } from '../slots/provisions.ts'

/** All that a check is given beside the files on which it is run. */
export interface CheckTerms {
  readonly share: CheckShare
  readonly provisions: Provisions
  readonly size: Size
  /** The key of the guest image. */
  readonly image: string
}

export interface TermsParts {
  readonly driver: Pick<MachineDriver, 'imageKey'>
  readonly limits: Size
  readonly provisions: (repoPath: string) => Promise<Provisions>
}

/** A check asks no model: its gateway has no key to add. */
const withoutApi = ({ gateway, ...rest }: Provisions): Provisions => ({
  ...rest,
  ...(gateway && { gateway: { ...gateway, api: null } }),
})

/** @throws AppError where a check cannot be run: its flake is gone, say, or its image has no source. */
export async function checkTermsOf(
  task: Task,
  policy: CheckPolicy,
  { driver, limits, provisions: provide }: TermsParts,
): Promise<CheckTerms> {
  const provisions = withoutApi(await provide(task.repoPath))
  return {
    share: await checkShareOf(task, policy, provisions),
    provisions,
    size: withinHost(limits, hostSize()),
    image: await driver.imageKey(),
  }
}

/** Everything beside the tree that a check depends on, in one text. */
export type CheckRules = string

/** The values of secrets are left out: a new token is no new check. Pure. */
export function rulesOf({ share, provisions, size, image }: CheckTerms): CheckRules {
  const { egress, privateNetworks = false, forwards, gateway } = provisions
  const secrets = gateway?.secrets?.map(({ header, hidden: _, ...rest }) => ({ ...rest, header: header.name }))
  return JSON.stringify([
    ...[image, size.cpus, size.memoryMiB, Object.entries(share.variables).toSorted()],
    share.environmentFiles && [...share.environmentFiles].toSorted(),
    [egress, privateNetworks, forwards, gateway?.hosts ?? null, secrets ?? []],
  ])
}
