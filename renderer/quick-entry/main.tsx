import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './quick-entry.css'
import { QuickEntryPanel } from './quick-entry.tsx'

const box = document.getElementById('window')
if (!box) throw new Error('index.html has no #window')

createRoot(box).render(
  <StrictMode>
    <QuickEntryPanel />
  </StrictMode>,
)
