import { hostname } from 'node:os'

/** What an engine calls this machine, which need not be its host name; without an engine that is its name. */
export const nodeName = (env: NodeJS.ProcessEnv = process.env): string =>
  env.SLURMD_NODENAME ?? env.MVO_NODE ?? hostname()
