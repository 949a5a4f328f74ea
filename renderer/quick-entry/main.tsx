import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/controls.css'
import '../styles/beside.css'
import '../styles/forced-colors.css'
import './quick-entry.css'
import { QuickEntryPanel } from './quick-entry.tsx'

const box = document.getElementById('window')
if (!box) throw new Error('index.html has no #window')

createRoot(box).render(
  <StrictMode>
    <QuickEntryPanel />
  </StrictMode>,
)
