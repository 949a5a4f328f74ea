import type { ForgeKind } from '../../core/pull-request.ts'
import type { ForgeAccess } from './ask-forge.ts'
import type { ForgeClient } from './forge-client.ts'
import { githubClient } from './github.ts'

export const forgeClients = {
  github: githubClient,
} satisfies Record<ForgeKind, (access: ForgeAccess, project: string) => ForgeClient>
