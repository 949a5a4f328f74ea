import type { Found } from '../core/environment/found.ts'
import { committedFiles } from './committed-files.ts'
import { detect } from './detect/detect.ts'

/** What a commit of a repository asks for. It parses what strangers wrote: only a worker process calls it. */
export async function findNeeds(
  { repoPath, commit }: { readonly repoPath: string; readonly commit: string },
  signal?: AbortSignal,
): Promise<Found> {
  const { files, doubts } = await committedFiles(repoPath, commit, signal)
  const found = detect(files)
  return { ...found, doubts: [...doubts.slice(0, 20), ...found.doubts] }
}
