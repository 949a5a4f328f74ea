import type { Command } from 'commander'
import type { NewPlace } from '../places.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { collect } from './argument-types.ts'

/** Other machines that run tasks; a person alone says which. */
export function addPlaceCommands(program: Command, terminal: Terminal): void {
  const places = program.command('places').description('other machines that run tasks')
  places.action(() => places.outputHelp())
  places
    .command('add')
    .description('set up a machine that ssh leads to, and say what it lacks; again to renew its program')
    .argument('<name>', 'small letters, digits and -')
    .requiredOption('--ssh <host>', 'HOST or USER@HOST, with no password to be typed')
    .option('--ssh-option <name=value>', 'an option of ssh, as ssh -o takes it; repeatable', collect)
    .option('--node <path>', 'Node 24 on that machine (default: what its PATH has)')
    .option('--folder <path>', 'where our files go there (default: .microvm-orchestrator-node in the home there)')
    .action(async (name: string, options: NewPlace) => {
      const { addPlaceCommand } = await import('../places.ts')
      await addPlaceCommand(terminal, name, options)
    })
  places
    .command('list')
    .description('list the places')
    .action(async () => {
      const { listPlacesCommand } = await import('../places.ts')
      await listPlacesCommand(terminal)
    })
  places
    .command('remove')
    .description('forget a place; its tasks go on and come home')
    .argument('<name>')
    .action(async (name: string) => {
      const { removePlaceCommand } = await import('../places.ts')
      await removePlaceCommand(terminal, name)
    })
  places
    .command('doctor')
    .description('say what a place lacks for a task')
    .argument('<name>')
    .action(async (name: string) => {
      const { doctorPlaceCommand } = await import('../places.ts')
      await doctorPlaceCommand(terminal, name)
    })
}
