import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/first.css'
import { host } from './api.ts'
import { App } from './app.tsx'
import { loadAhead } from './shell/later.ts'
import { followBrowserHistory } from './stores/browser-history.ts'
import { writeTask } from './stores/draft.ts'
import { followHost } from './stores/follow-host.ts'
import { useLive } from './stores/live.ts'
import { go } from './stores/navigation.ts'
import { showNotice } from './stores/notices.ts'

const box = document.getElementById('window')
if (!box) throw new Error('index.html has no #window')

const carrier = host()
followHost(carrier, (live) => {
  const wasLive = useLive.getState().live.status === 'live'
  useLive.setState({ live })
  if (live.status === 'live' && !wasLive) void learnHost().then(loadAhead)
})
carrier.listen('goTo', (place) => ('repo' in place && place.repo ? writeTask(place.repo) : go(place)))
carrier.listen('notify', showNotice)
followBrowserHistory()

createRoot(box).render(
  <StrictMode>
    <App />
  </StrictMode>,
)

/** Another version can stand behind the same address after a restart. */
async function learnHost(): Promise<void> {
  const reply = await carrier.call('host', {})
  if (reply.ok) useLive.setState({ host: reply.value })
}
