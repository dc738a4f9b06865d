"""The library page: everything that was brought, to find, tag, tidy and throw away.

The first tiles come with the page, the rest by `/api/assets` into a grid that holds only what is
on screen. Tile, menu and arrivals are those of the Assets panel. Changes go through `/api/assets`.
"""
