import { useState } from 'react'
import { Button } from '../../parts/button.tsx'

/** What a browser has to allow. */
export function BrowserSettings() {
  const [permission, setPermission] = useState(() => ('Notification' in window ? Notification.permission : null))
  if (permission === null) return null
  return (
    <section className="group">
      <h2>This browser</h2>
      <div className="card">
        <div className="setting">
          <div>
            <span>Notifications when tasks end</span>
            <small>{about[permission]}</small>
          </div>
          {permission === 'default' && (
            <Button onClick={() => void Notification.requestPermission().then(setPermission)}>Allow…</Button>
          )}
        </div>
      </div>
    </section>
  )
}

const about: Readonly<Record<NotificationPermission, string>> = {
  default: 'They come while this page is not seen.',
  granted: 'They come while this page is not seen.',
  denied: 'The browser blocks them for this page; its settings for this page can allow them.',
}
