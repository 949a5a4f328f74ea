import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPackage } from '../../../main/machines/host/package-managers.ts'
import type { ExtraTool } from '../machines/prepare-host.ts'

/** What the cluster of a test is made of. Where a system starts services of these, they have no configuration, and end. */
export const slurmTools = (): readonly ExtraTool[] =>
  tools('is part of the cluster that tests give tasks to', [
    ['slurmctld', 'slurmctld'],
    ['slurmd', 'slurmd'],
    ['sbatch', 'slurm-client'],
    ['munged', 'munge'],
  ])

/** What its limits of users and accounts are kept by. */
export const accountingTools = (): readonly ExtraTool[] =>
  tools('keeps the limits of users and accounts of the cluster that tests give tasks to', [
    ['slurmdbd', 'slurmdbd'],
    ['mariadbd', 'mariadb-server-core'],
    ['my_print_defaults', 'mariadb-client-core'],
  ])

const tools = (purpose: string, programs: readonly (readonly [string, HostPackage])[]): readonly ExtraTool[] =>
  programs.map(([program, name]) => ({
    ...{ program, package: name, purpose },
    isThere: async () => ['/usr/sbin', '/usr/bin'].some((folder) => existsSync(join(folder, program))),
  }))
