"""The real LibreOffice (and cellrune) as judges of a workbook. Tests only.

office.py drives LibreOffice through agent.py, engine.py recalculates with cellrune, poison.py makes cached
values wrong, render.py draws pages, values.py says what a cell value is.
"""
