import type { TaskRow } from '../../preload/live-state.ts'
import { copyAndSay } from '../parts/copy.tsx'
import { shortcut } from '../parts/key-names.ts'
import { isConflict, isToReview, lookOf } from '../parts/states.ts'
import { addFolders } from '../stores/adding.ts'
import { change } from '../stores/change-settings.ts'
import { writeTask } from '../stores/draft.ts'
import { setLayout } from '../stores/layout.ts'
import { useIsDesktop, useSettings, useSnapshot, useTasks } from '../stores/live.ts'
import { choosing, go, placeOf, useNavigation } from '../stores/navigation.ts'
import { showPalette } from '../stores/palette.ts'
import { focusContinue } from '../views/task/continue/continue-field.tsx'
import { landingOf } from '../views/task/landing/landing-of.ts'
import { canMergeNow, mergeNow } from '../views/task/merge-now.ts'
import { runAgain } from '../views/task/run-again.ts'
import type { Command } from './command-list.ts'

/** What only asks before it acts is a dialog of the task's. */
export type AskFor = (kind: 'stop' | 'clean-up', row: TaskRow) => void

const views = [
  ['slots', 'Slots'],
  ['conflicts', 'Needs You', 'needs'],
  ['history', 'History'],
  ['repositories', 'Repositories', 'repo'],
  ['setup', 'Set-up', 'checks'],
  ['settings', 'Settings', 'gear'],
  ['places', 'Places', 'globe'],
] as const

/** Every action that can be done where the user is, and every task; `older` are those that were found beyond the newest. */
export function useCommands(older: readonly TaskRow[], askFor: AskFor): readonly Command[] {
  const place = useNavigation(({ trail }) => placeOf(trail))
  const tasks = useTasks()
  const aliases = useSnapshot(({ repositories }) => repositories, [])
  const isDesktop = useIsDesktop()
  const isPaused = useSettings()?.queuePaused ?? false
  const here = place.view === 'task' ? tasks.find(({ id }) => id === place.id) : undefined
  return [
    ...(here ? commandsOf(here, askFor) : []),
    { icon: 'plus', word: 'New Task', about: '', run: () => go({ view: 'new-task' }) },
    ...views.map(
      ([view, word, icon = view], index): Command => ({
        ...{ icon: icon as Command['icon'], word: `Go to ${word}`, about: shortcut(String(index + 1)) },
        run: () => go({ view }),
      }),
    ),
    { icon: 'repo', word: isDesktop ? 'Add Folder…' : 'Add Repository…', about: '', run: () => addFolders(isDesktop) },
    {
      ...{ icon: isPaused ? 'again' : 'pause', word: isPaused ? 'Resume the Queue' : 'Pause the Queue', about: '' },
      run: () => change({ queuePaused: !isPaused }),
    },
    { icon: 'slots', word: 'Slots as a Grid', about: 'Layout', run: () => setLayout({ slots: 'grid' }) },
    { icon: 'list', word: 'Slots as a List', about: 'Layout', run: () => setLayout({ slots: 'list' }) },
    ...(['light', 'dark', 'system'] as const).map(
      (theme): Command => ({
        ...{ icon: 'gear', word: `Theme: ${theme.charAt(0).toUpperCase()}${theme.slice(1)}`, about: '' },
        run: () => change({ theme }),
      }),
    ),
    { icon: 'list', word: 'Keys', about: '?', run: () => showPalette('keys') },
    ...aliases.map(
      ({ alias }): Command => ({
        ...{ icon: 'plus', word: `New Task in ${alias}`, about: 'Repository' },
        run: () => writeTask(alias),
      }),
    ),
    // The newest first.
    ...[...tasks.toReversed(), ...older.filter(({ id }) => !tasks.some((task) => task.id === id))].map(
      ({ id, title, repo, state }): Command => ({
        ...{ icon: lookOf(state).icon, word: title || `Task ${id}`, about: `${lookOf(state).word}, ${repo}, ${id}` },
        run: () => go({ view: 'task', id }),
      }),
    ),
  ]
}

/** What can be done with the task that is shown. */
function commandsOf(row: TaskRow, askFor: AskFor): readonly Command[] {
  const { id, ref, state } = row
  const about = 'This task'
  const hasEnded = state.phase === 'finished'
  const tab = (name: string, icon: Command['icon']): Command => ({
    ...{ icon, word: `Show ${name}`, about },
    run: () => useNavigation.setState(({ trail }) => ({ trail: choosing(trail, 'tab', name.toLowerCase()) })),
  })
  const review: Command = { icon: 'checks', word: 'Review…', about, run: () => go({ view: 'review', id }) }
  const resolve: Command = { icon: 'merge', word: 'Resolve…', about, run: () => go({ view: 'resolve', id }) }
  const stop = (word: string): Command => ({ icon: 'stop', word, about, run: () => askFor('stop', row), asks: true })
  const waiting: readonly Command[] = [
    ...(isToReview(row) ? [review] : []),
    ...(isConflict(row) ? [resolve] : []),
    ...(canMergeNow(row) ? [{ icon: 'merge', word: 'Merge Now', about, run: () => mergeNow(row) } as const] : []),
  ]
  const ended: readonly Command[] = [
    { icon: 'say', word: 'Continue…', about, run: focusContinue },
    { icon: 'again', word: 'Run Again', about, run: () => runAgain(row) },
    ...(landingOf(row) ? [stop('Take It Out…')] : waiting),
    { icon: 'trash', word: 'Clean Up…', about, run: () => askFor('clean-up', row), asks: true },
  ]
  return [
    ...[
      tab('Console', 'terminal'),
      tab('Steps', 'say'),
      tab('Changes', 'file'),
      tab('Terminal', 'terminal'),
      tab('Result', 'pass'),
    ],
    ...(row.plan || row.after
      ? [{ icon: 'list', word: 'Show Plan', about, run: () => go({ view: 'plan', id }) } as const]
      : []),
    ...(row.attempt
      ? [{ icon: 'list', word: 'Compare Attempts', about, run: () => go({ view: 'attempts', id }) } as const]
      : []),
    ...(hasEnded ? ended : [stop('Stop…')]),
    { icon: 'copy', word: 'Copy Task ID', about, run: () => copyAndSay(id, 'the task’s id') },
    ...(ref === null
      ? []
      : [{ icon: 'copy', word: 'Copy Ref', about, run: () => copyAndSay(ref, 'the ref') } as const]),
  ]
}
