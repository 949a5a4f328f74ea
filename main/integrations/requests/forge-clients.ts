import type { ForgeKind } from '../../core/pull-request.ts'
import type { ForgeAccess } from './ask-forge.ts'
import type { ForgeClient } from './forge-client.ts'
import { giteaClient } from './gitea.ts'
import { githubClient } from './github.ts'
import { gitlabClient } from './gitlab.ts'

export const forgeClients = {
  github: githubClient,
  gitlab: gitlabClient,
  gitea: giteaClient,
} satisfies Record<ForgeKind, (access: ForgeAccess, project: string) => ForgeClient>
